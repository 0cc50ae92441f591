using OrleansBlip.Data.Images;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Shards;
using TorchSharp;

namespace OrleansBlip.Grains.Inference;

/// <summary>Pictures of files as a model sees them, some at a time; one that cannot be read is told and left out.</summary>
/// <param name="Paths">Files that were read, in the order of the tensor's rows.</param>
/// <param name="Pixels">(B, 3, S, S), normalised.</param>
/// <param name="Problems">Why the others were not, each with its file.</param>
public sealed record ImageFiles(IReadOnlyList<string> Paths, torch.Tensor Pixels, IReadOnlyList<(string Path, string Problem)> Problems)
{
    /// <summary>The files of a list of files, folders (with all below them) and patterns of names such as <c>pictures/*.jpg</c>, in ordinal order each.</summary>
    /// <exception cref="FileNotFoundException">One of them stands for no file.</exception>
    public static IReadOnlyList<string> Expand(IEnumerable<string> paths)
    {
        var files = new List<string>();
        foreach (var path in paths)
        {
            var found = Matches(path);
            if (found.Length == 0) throw new FileNotFoundException($"There is no picture at '{path}'.", path);
            files.AddRange(found);
        }
        return files;
    }

    /// <summary>Reads pictures in batches.</summary>
    /// <param name="paths">Files.</param>
    /// <param name="data">How the model sees pictures: their side (S) and normalisation.</param>
    /// <param name="atOnce">Pictures of a batch, at most.</param>
    public static IEnumerable<ImageFiles> Read(IReadOnlyList<string> paths, DataSpec data, int atOnce = 16)
    {
        var side = data.ImageSize;
        foreach (var batch in paths.Chunk(atOnce))
        {
            var (read, pixels, problems) = (new List<string>(), new List<float>(), new List<(string, string)>());
            foreach (var path in batch)
                try
                {
                    var image = BicubicResize.Resize(ImageDecoder.Decode(File.ReadAllBytes(path), path), side, side);
                    var values = new float[3 * side * side];
                    data.Normalization.Write(image, values);
                    pixels.AddRange(values);
                    read.Add(path);
                }
                catch (Exception error) when (error is ImageException or IOException or UnauthorizedAccessException)
                {
                    problems.Add((path, error.Message));
                }
            yield return new ImageFiles(read, torch.tensor(pixels.ToArray()).view(read.Count, 3, side, side), problems);
        }
    }

    private static string[] Matches(string path)
    {
        if (File.Exists(path)) return [path];
        var (folder, pattern, depth) = Directory.Exists(path)
            ? (path, "*", SearchOption.AllDirectories)
            : (Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".", Path.GetFileName(path), SearchOption.TopDirectoryOnly);
        if (!Directory.Exists(folder)) return [];
        return [.. Directory.EnumerateFiles(folder, pattern, depth)
            .Where(file => ShardLimits.ImageExtensions.Contains(Path.GetExtension(file).TrimStart('.').ToLowerInvariant()))
            .Order(StringComparer.Ordinal)];
    }
}
