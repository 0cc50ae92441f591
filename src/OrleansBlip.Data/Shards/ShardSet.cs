using System.Security.Cryptography;
using System.Text;

namespace OrleansBlip.Data.Shards;

/// <summary>
/// Shards of one folder, open and checked against their manifest. A folder that has none (another tool's output) is indexed once and the manifest
/// made then is kept: what is read later is what was seen first.
/// </summary>
public sealed class ShardSet : IDisposable
{
    private ShardSet(string folder, IReadOnlyList<ShardReader> shards, ShardManifest manifest)
    {
        Folder = folder;
        Shards = shards;
        Manifest = manifest;
    }

    /// <summary>The folder's full path.</summary>
    public string Folder { get; }

    /// <summary>The shards, in the manifest's order.</summary>
    public IReadOnlyList<ShardReader> Shards { get; }

    /// <summary>Their manifest, whose digest is the data set's version.</summary>
    public ShardManifest Manifest { get; }

    /// <summary>Opens shards of a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="names">File names of the shards; null for all.</param>
    /// <param name="cacheFolder">Where what is learned about a folder without a manifest is kept; null puts the manifest of a whole folder beside its shards.</param>
    /// <param name="verifyHashes">False to believe a manifest's hashes without reading every byte.</param>
    /// <exception cref="DatasetException">A shard is missing, or is not what it should be.</exception>
    public static ShardSet Open(string folder, IReadOnlyCollection<string>? names = null, string? cacheFolder = null, bool verifyHashes = true)
    {
        folder = Path.GetFullPath(folder);
        var beside = Path.Combine(folder, ShardManifest.FileName);
        if (File.Exists(beside))
            return Open(folder, Listed(folder, ShardManifest.Load(beside), names), verifyHashes);
        var kept = cacheFolder is null ? null : Path.Combine(cacheFolder, $"shards-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..16]}.json");
        var known = kept is not null && File.Exists(kept) ? ShardManifest.Load(kept).Shards.ToDictionary(shard => shard.Name) : [];
        var chosen = names ?? [.. ShardPattern.Expand(folder).Select(path => Path.GetFileName(path))];
        var set = Open(folder, chosen.ToDictionary(name => name, known.GetValueOrDefault), verifyHashes);
        if (kept is not null && chosen.Any(name => !known.ContainsKey(name)))
            new ShardManifest(known.Values.UnionBy(set.Manifest.Shards, shard => shard.Name)).SaveAs(kept);
        else if (kept is null && names is null)
            set.Manifest.SaveAs(beside);
        return set;
    }

    /// <summary>Closes the shards.</summary>
    public void Dispose()
    {
        foreach (var shard in Shards)
            shard.Dispose();
    }

    private static ShardSet Open(string folder, Dictionary<string, ShardEntry?> chosen, bool verifyHashes)
    {
        var shards = new List<ShardReader>(chosen.Count);
        try
        {
            foreach (var (name, entry) in chosen.OrderBy(shard => shard.Key, StringComparer.Ordinal))
                shards.Add(ShardReader.Open(Path.Combine(folder, name), entry, verifyHashes));
            return new ShardSet(folder, shards, new ShardManifest(shards.Select(shard => chosen[shard.Name] ?? shard.Describe())));
        }
        catch
        {
            shards.ForEach(shard => shard.Dispose());
            throw;
        }
    }

    private static Dictionary<string, ShardEntry?> Listed(string folder, ShardManifest manifest, IReadOnlyCollection<string>? names)
    {
        var listed = manifest.Shards.ToDictionary(shard => shard.Name, ShardEntry? (shard) => shard);
        var unlisted = (names ?? [.. Directory.EnumerateFiles(folder, "*.tar").Select(path => Path.GetFileName(path))]).FirstOrDefault(name => !listed.ContainsKey(name));
        if (unlisted is not null)
            throw new DatasetException($"'{unlisted}' is not in the manifest of '{folder}': remove it, or delete {ShardManifest.FileName} to have the folder indexed again.");
        return names?.ToDictionary(name => name, name => listed[name]) ?? listed;
    }
}
