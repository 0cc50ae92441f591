using System.Security.Cryptography;
using System.Text.Json;
using OrleansBlip.Data.Shards;

namespace OrleansBlip.Data.Versions;

/// <summary>
/// A bootstrapped data set: shards of the kept pairs, captions.parquet with every caption, kept or rejected, and its scores, and lineage.json. It is read
/// as any folder of shards; another threshold is a query over its captions, not another run.
/// </summary>
public sealed class DatasetVersion
{
    internal const string CaptionsFileName = "captions.parquet";
    internal const string LineageFileName = "lineage.json";
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, NewLine = "\n" };

    private DatasetVersion(string folder, ShardManifest manifest, LineageFile lineage)
    {
        Folder = folder;
        Digest = manifest.Digest;
        ParentDigest = lineage.ParentDigest;
        Lineage = lineage.Lineage;
    }

    /// <summary>Where it stands.</summary>
    public string Folder { get; }

    /// <summary>The version: what its shards hold. Neither the date nor the run that made it changes it.</summary>
    public string Digest { get; }

    /// <summary>The version that it was made from.</summary>
    public string ParentDigest { get; }

    /// <summary>What it was made of, and by whom.</summary>
    public VersionLineage Lineage { get; }

    /// <summary>Opens a version.</summary>
    /// <exception cref="DatasetException">The folder holds none, or its captions are not those that were written.</exception>
    public static DatasetVersion Open(string folder)
    {
        var (lineagePath, captionsPath) = (Path.Combine(folder, LineageFileName), Path.Combine(folder, CaptionsFileName));
        if (!File.Exists(lineagePath) || !File.Exists(captionsPath))
            throw new DatasetException($"'{folder}' holds no bootstrapped data set: {LineageFileName} or {CaptionsFileName} is missing.");
        LineageFile lineage;
        try
        {
            lineage = JsonSerializer.Deserialize<LineageFile>(File.ReadAllBytes(lineagePath), Json) ?? throw new JsonException("it is null");
        }
        catch (JsonException error)
        {
            throw new DatasetException($"'{lineagePath}' cannot be read: {error.Message}", error);
        }
        if (HashOf(captionsPath) != lineage.CaptionsSha256)
            throw new DatasetException($"'{captionsPath}' has changed since it was written: its SHA-256 is not that of {LineageFileName}.");
        return new DatasetVersion(folder, ShardManifest.Load(Path.Combine(folder, ShardManifest.FileName)), lineage);
    }

    /// <summary>Every caption, kept or rejected, picture by picture.</summary>
    public Task<IReadOnlyList<CaptionRecord>> ReadCaptionsAsync(CancellationToken cancellation = default) =>
        CaptionTable.ReadAsync(Path.Combine(Folder, CaptionsFileName), cancellation);

    internal static string HashOf(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    internal sealed record LineageFile(string ParentDigest, string CaptionsSha256, VersionLineage Lineage);
}
