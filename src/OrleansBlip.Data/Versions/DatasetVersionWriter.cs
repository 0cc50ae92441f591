using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansBlip.Data.Durability;
using OrleansBlip.Data.Images;
using OrleansBlip.Data.Shards;
using OrleansBlip.Data.Sources;

namespace OrleansBlip.Data.Versions;

/// <summary>
/// Writes a bootstrapped version beside its final place and moves it there when it is whole: until <see cref="CommitAsync"/> returns, the folder does not
/// exist. The shards follow from parent, captions and models alone.
/// </summary>
public sealed class DatasetVersionWriter : IDisposable
{
    private static readonly JsonSerializerOptions RecordJson = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly string _folder;
    private readonly string _staging;
    private readonly PairSource _parent;
    private readonly VersionLineage _lineage;
    private readonly ShardWriter _shards;
    private readonly CaptionTable _captions;
    private int _nextPicture;
    private bool _committed;

    /// <summary>Starts a version.</summary>
    /// <param name="folder">Where it will stand; it must not exist.</param>
    /// <param name="parent">What it is made from; stays the caller's to dispose of.</param>
    /// <param name="lineage">What makes it.</param>
    /// <exception cref="DatasetException">The folder exists.</exception>
    public DatasetVersionWriter(string folder, PairSource parent, VersionLineage lineage)
    {
        _folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Path.Exists(_folder))
            throw new DatasetException($"'{folder}' exists already: a version is never written over; choose another folder.");
        _staging = $"{_folder}.{Guid.NewGuid():N}.partial";
        _parent = parent;
        _lineage = lineage;
        _shards = new ShardWriter(_staging);
        _captions = new CaptionTable(Path.Combine(_staging, DatasetVersion.CaptionsFileName));
    }

    /// <summary>Adds a picture's captions with their scores; the picture is kept if one of them is.</summary>
    /// <param name="picture">The picture's number in the parent. Pictures come in ascending order, so that the shards do not tell who finished first.</param>
    /// <param name="captions">Its captions, web and synthetic.</param>
    /// <param name="cancellation">Ends the writing.</param>
    public async Task AddAsync(int picture, IReadOnlyList<ScoredCaption> captions, CancellationToken cancellation = default)
    {
        if (picture < _nextPicture)
            throw new ArgumentOutOfRangeException(nameof(picture), picture, $"Pictures come in ascending order; the next is {_nextPicture} or later.");
        _nextPicture = picture + 1;
        var source = _parent.ReadPicture(picture);
        var image = _parent.ReadImage(picture);
        var imageSha256 = Convert.ToHexStringLower(SHA256.HashData(image));
        var records = captions.Select((caption, index) => Record(source, picture, imageSha256, caption, index)).ToArray();
        foreach (var record in records)
        {
            var row = record with { RunId = _lineage.RunId, CreatedAt = _lineage.CreatedAt.UtcDateTime };
            await _captions.AddAsync(row, cancellation).ConfigureAwait(false);
        }
        var kept = records.Where(record => record.RejectReason is null).ToArray();
        if (kept.Length > 0)
            _shards.Add(Sample(source, image, kept));
    }

    /// <summary>Completes the version and puts it into its place.</summary>
    public async Task<DatasetVersion> CommitAsync(CancellationToken cancellation = default)
    {
        await _captions.CompleteAsync(cancellation).ConfigureAwait(false);
        _captions.Dispose();
        var captionsSha256 = DatasetVersion.HashOf(Path.Combine(_staging, DatasetVersion.CaptionsFileName));
        var lineage = new DatasetVersion.LineageFile(_parent.Digest, captionsSha256, _lineage);
        DurableFile.WriteAllBytes(Path.Combine(_staging, DatasetVersion.LineageFileName), JsonSerializer.SerializeToUtf8Bytes(lineage, DatasetVersion.Json));
        _shards.Complete();
        Directory.Move(_staging, _folder);
        _committed = true;
        DurableFile.FlushFolder(Path.GetDirectoryName(_folder)!);
        return DatasetVersion.Open(_folder);
    }

    /// <summary>Removes what was not committed.</summary>
    public void Dispose()
    {
        _captions.Dispose();
        _shards.Dispose();
        if (!_committed)
            Directory.Delete(_staging, recursive: true);
        _committed = true;
    }

    private static ShardSample Sample(Picture picture, byte[] image, CaptionRecord[] kept)
    {
        var json = new { image_id = picture.ImageId, captions = kept };
        return new ShardSample(kept[0].Key, new Dictionary<string, ReadOnlyMemory<byte>>
        {
            [ImageDecoder.ExtensionOf(image, picture.Key)] = image,
            ["txt"] = Encoding.UTF8.GetBytes(string.Join('\n', kept.Select(record => record.Caption))),
            ["json"] = JsonSerializer.SerializeToUtf8Bytes(json, RecordJson),
        });
    }

    private CaptionRecord Record(Picture picture, int number, string imageSha256, ScoredCaption caption, int index)
    {
        var source = caption.Source.ToString().ToLowerInvariant();
        var record = new CaptionRecord
        {
            Uid = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{imageSha256}\n{source}\n{index}\n{caption.Text}")))[..32],
            Key = number.ToString("D9", CultureInfo.InvariantCulture),
            ImageSha256 = imageSha256,
            ImageId = picture.ImageId,
            SourceDataset = _lineage.SourceDataset,
            SourceKey = picture.Key,
            Caption = caption.Text,
            CaptionRaw = caption.RawText,
            CaptionSource = source,
            OriginalCaption = picture.Captions.Count > 0 ? picture.Captions[0].Text : null,
            CaptionIndex = index,
            FilterId = _lineage.FilterId,
            FilterSha256 = _lineage.FilterSha256,
            ItmProb = caption.ItmProbability,
            ItmLogit = caption.ItmLogit,
            ItcSim = caption.ItcSimilarity,
            ItmFirstToken = _lineage.ItmFirstToken,
            Threshold = _lineage.Threshold,
            Decision = caption.RejectReason is null ? "kept" : "rejected",
            RejectReason = caption.RejectReason,
            RoundId = _lineage.Round,
            ParentDatasetVersion = _parent.Digest,
        };
        return caption.Source == CaptionSource.Synthetic ? WithCaptioner(record, caption) : record;
    }

    private CaptionRecord WithCaptioner(CaptionRecord record, ScoredCaption caption) => record with
    {
        CaptionerId = _lineage.CaptionerId,
        CaptionerSha256 = _lineage.CaptionerSha256,
        Prompt = _lineage.Decoding.Prompt,
        Decode = _lineage.Decoding.Method,
        TopP = _lineage.Decoding.TopP,
        NumBeams = _lineage.Decoding.Beams,
        RepetitionPenalty = _lineage.Decoding.RepetitionPenalty,
        MinLength = _lineage.Decoding.LengthMin,
        MaxLength = _lineage.Decoding.LengthMax,
        Seed = caption.Seed,
        LogProb = caption.LogProbability,
    };
}
