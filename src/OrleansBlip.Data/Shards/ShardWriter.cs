using System.Security.Cryptography;
using OrleansBlip.Data.Durability;

namespace OrleansBlip.Data.Shards;

/// <summary>
/// Writes samples into WebDataset shards 00000.tar, 00001.tar, … of which each byte follows from the samples alone: USTAR, mtime 0, mode 0444,
/// extensions sorted. Each shard appears when it is whole; the manifest, written last by <see cref="Complete"/>, says that all are there.
/// </summary>
public sealed class ShardWriter : IDisposable
{
    private static readonly byte[] EndMarker = new byte[2 * TarHeader.BlockBytes];

    private readonly string _folder;
    private readonly int _samplesPerShardMax;
    private readonly List<ShardEntry> _written = [];
    private readonly HashSet<string> _keys = [];
    private DurableFile? _file;
    private IncrementalHash? _hash;
    private long _bytes;
    private int _members;

    /// <summary>Makes the folder if need be. It must hold no manifest: a data set is never written over.</summary>
    /// <exception cref="DatasetException">The folder holds a data set already.</exception>
    public ShardWriter(string folder, int samplesPerShardMax = 5_000)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samplesPerShardMax);
        _folder = folder;
        _samplesPerShardMax = samplesPerShardMax;
        Directory.CreateDirectory(folder);
        if (File.Exists(Path.Combine(folder, ShardManifest.FileName)))
            throw new DatasetException($"Folder '{folder}' already holds a data set: choose another, or delete it first.");
    }

    /// <summary>Appends a sample; starts the next shard when this one is full.</summary>
    /// <exception cref="ShardException">The key or an extension is not allowed, a member is too large, or the shard has the key already.</exception>
    public void Add(ShardSample sample)
    {
        CheckSample(sample);
        var size = sample.Members.Values.Sum(member => TarHeader.BlockBytes + TarHeader.PaddedLength(member.Length));
        var isFull = _keys.Count >= _samplesPerShardMax
            || _members + sample.Members.Count > ShardLimits.MembersMax
            || _bytes + size + EndMarker.Length > ShardLimits.ShardBytesMax;
        if (isFull)
            CloseShard();
        if (!_keys.Add(sample.Key))
            throw Refuse(sample.Key, ShardDefect.Duplicate, "the shard has a sample of this key already");
        foreach (var (extension, bytes) in sample.Members.OrderBy(member => member.Key, StringComparer.Ordinal))
            WriteMember($"{sample.Key}.{extension}", bytes.Span);
    }

    /// <summary>Closes the last shard and writes the manifest.</summary>
    public ShardManifest Complete()
    {
        CloseShard();
        var manifest = new ShardManifest(_written);
        manifest.Save(_folder);
        return manifest;
    }

    /// <summary>Drops the shard that is being written. Without <see cref="Complete"/> the folder gets no manifest.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        _hash?.Dispose();
    }

    private void WriteMember(string name, ReadOnlySpan<byte> bytes)
    {
        Span<byte> block = stackalloc byte[TarHeader.BlockBytes];
        TarHeader.Write(block, name, bytes.Length);
        Write(block);
        Write(bytes);
        block.Clear();
        Write(block[..(int)(TarHeader.PaddedLength(bytes.Length) - bytes.Length)]);
        _members++;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _file ??= DurableFile.Create(Path.Combine(_folder, ShardName));
        _hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _file.Stream.Write(bytes);
        _hash.AppendData(bytes);
        _bytes += bytes.Length;
    }

    private void CloseShard()
    {
        if (_file is null)
            return;
        Write(EndMarker);
        _file.Commit();
        _written.Add(new ShardEntry(ShardName, _keys.Count, _bytes, Convert.ToHexStringLower(_hash!.GetHashAndReset())));
        _file = null;
        (_bytes, _members) = (0, 0);
        _keys.Clear();
    }

    private string ShardName => $"{_written.Count:D5}.tar";

    private void CheckSample(ShardSample sample)
    {
        var isPlain = sample.Key.Length is > 0 and <= 90 && sample.Key.All(sign => char.IsAsciiLetterOrDigit(sign) || sign is '-' or '_');
        if (!isPlain)
            throw Refuse(sample.Key, ShardDefect.UnsafeName, "a key is 1 to 90 letters, digits, '-' and '_'");
        if (sample.Members.Count == 0)
            throw Refuse(sample.Key, ShardDefect.Truncated, "a sample needs a member");
        foreach (var (extension, bytes) in sample.Members)
        {
            if (!ShardLimits.Extensions.Contains(extension))
                throw Refuse($"{sample.Key}.{extension}", ShardDefect.UnsafeName, $"extensions are {string.Join(", ", ShardLimits.Extensions.Order())}");
            if (bytes.Length > ShardLimits.MemberBytesMax)
                throw Refuse($"{sample.Key}.{extension}", ShardDefect.TooLarge, $"{bytes.Length} bytes exceed {ShardLimits.MemberBytesMax}");
        }
    }

    private ShardException Refuse(string member, ShardDefect defect, string reason) => new(ShardName, member, defect, reason);
}
