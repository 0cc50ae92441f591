using OrleansBlip.Data.Shards;

namespace OrleansBlip.Data.Sources;

/// <summary>Opens whatever holds pictures and captions.</summary>
public static class PairSources
{
    /// <summary>
    /// Opens a folder or pattern of WebDataset shards (see <see cref="ShardPattern"/>), a BLIP JSON list, VisDial's JSON, a folder of pictures with .txt
    /// captions, or several of them as one, joined by "::".
    /// </summary>
    /// <exception cref="DatasetNotFoundException">There is no such thing.</exception>
    /// <exception cref="DatasetException">It cannot be read, or holds no picture.</exception>
    public static PairSource Open(string path, PairSourceOptions? options = null)
    {
        options ??= new PairSourceOptions();
        var source = OpenAny(path, options);
        if (source.PictureCount > 0)
            return source;
        var first = source.Problems.Count > 0 ? $" The first of {source.Problems.Count} left out: '{source.Problems[0].Name}', {source.Problems[0].Reason}." : "";
        source.Dispose();
        throw new DatasetException($"'{path}' holds no picture: expected .tar shards, a JSON list, or .jpg, .png and .webp files.{first}");
    }

    private static PairSource OpenAny(string path, PairSourceOptions options)
    {
        if (Directory.Exists(path))
            return Directory.EnumerateFiles(path, "*.tar").Any() ? OpenShards(path, options) : ImageFileSource.FromFolder(path, options.Source);
        if (path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && File.Exists(path))
            return DialogueSource.Reads(path)
                ? DialogueSource.Open(path, options.ImageRoot, options.Source)
                : ImageFileSource.FromList(path, options.ImageRoot, options.Source);
        string[] parts = path.Split("::");
        if (parts.Length > 1 && !Array.TrueForAll(parts, NamesShards))
            return Join(parts.Select(part => Open(part, options)));
        if (NamesShards(parts[0]))
            return OpenShards(path, options);
        throw new DatasetNotFoundException($"'{path}' does not exist: give a folder or pattern of .tar shards, a JSON list, or a folder of pictures with .txt captions.");
    }

    private static bool NamesShards(string path) => path.Contains(".tar", StringComparison.Ordinal) && !Directory.Exists(path);

    private static PairSource OpenShards(string pattern, PairSourceOptions options)
    {
        if (Directory.Exists(pattern))
            return WebDatasetSource.Create(ShardSet.Open(pattern, null, options.CacheFolder, options.VerifyHashes), options.Source);
        return Join(ShardPattern.Expand(pattern).GroupBy(path => Path.GetDirectoryName(Path.GetFullPath(path))!).Select(folder =>
        {
            var names = folder.Select(path => Path.GetFileName(path)).Distinct().ToList();
            return WebDatasetSource.Create(ShardSet.Open(folder.Key, names, options.CacheFolder, options.VerifyHashes), options.Source);
        }));
    }

    // All of them, or none that stays open.
    private static PairSource Join(IEnumerable<PairSource> opening)
    {
        var sources = new List<PairSource>();
        try
        {
            foreach (var source in opening) sources.Add(source);
            return sources.Count == 1 ? sources[0] : new ConcatenatedSource(sources);
        }
        catch
        {
            sources.ForEach(source => source.Dispose());
            throw;
        }
    }
}
