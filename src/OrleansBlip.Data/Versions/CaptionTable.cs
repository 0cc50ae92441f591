using Parquet;
using Parquet.Serialization;

namespace OrleansBlip.Data.Versions;

/// <summary>captions.parquet, written a group of rows at a time.</summary>
internal sealed class CaptionTable(string path, int groupRows = 50_000) : IDisposable
{
    private readonly FileStream _stream = new(path, FileMode.CreateNew, FileAccess.ReadWrite);
    private readonly List<CaptionRecord> _waiting = [];
    private bool _hasGroups;

    public async Task AddAsync(CaptionRecord record, CancellationToken cancellation)
    {
        _waiting.Add(record);
        if (_waiting.Count >= groupRows)
            await WriteGroupAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Writes the rest and puts the file on the disk.</summary>
    public async Task CompleteAsync(CancellationToken cancellation)
    {
        if (_waiting.Count > 0 || !_hasGroups)
            await WriteGroupAsync(cancellation).ConfigureAwait(false);
        _stream.Flush(flushToDisk: true);
    }

    public static async Task<IReadOnlyList<CaptionRecord>> ReadAsync(string path, CancellationToken cancellation)
    {
        var rows = await ParquetSerializer.DeserializeAsync<CaptionRecord>(path, cancellationToken: cancellation).ConfigureAwait(false);
        return [.. rows.Data];
    }

    public void Dispose() => _stream.Dispose();

    private async Task WriteGroupAsync(CancellationToken cancellation)
    {
        var options = new ParquetOptions { Append = _hasGroups, CompressionMethod = CompressionMethod.Zstd };
        _stream.Position = 0;
        await ParquetSerializer.SerializeAsync(_waiting, _stream, options, cancellationToken: cancellation).ConfigureAwait(false);
        _waiting.Clear();
        _hasGroups = true;
    }
}
