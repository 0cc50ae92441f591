using OrleansBlip.Data;
using OrleansBlip.Data.Images;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Shards;
using OrleansBlip.Data.Videos;
using TorchSharp;

namespace OrleansBlip.Grains.Inference;

/// <summary>Pictures or videos of files as a model sees them, some at a time; one that cannot be read is told and left out.</summary>
/// <param name="Paths">Files, or folders of frames, that were read, in the order of the tensor's rows.</param>
/// <param name="Pixels">(B, 3, S, S), normalised; of videos (B, F, 3, S, S).</param>
/// <param name="Problems">Why the others were not, each with its file.</param>
public sealed record ImageFiles(IReadOnlyList<string> Paths, torch.Tensor Pixels, IReadOnlyList<(string Path, string Problem)> Problems)
{
    /// <summary>The files of a list of files, folders (with all below them) and patterns of names such as <c>pictures/*.jpg</c>, in ordinal order each.</summary>
    /// <exception cref="FileNotFoundException">One of them stands for no file.</exception>
    public static IReadOnlyList<string> Expand(IEnumerable<string> paths) => Expand(paths, "picture", Pictures);

    /// <summary>The videos of a list of video files, folders of frames (each one video) and patterns of either's names such as <c>clips/*</c>, in ordinal order each.</summary>
    /// <exception cref="FileNotFoundException">One of them stands for no video.</exception>
    public static IReadOnlyList<string> ExpandVideos(IEnumerable<string> paths) => Expand(paths, "video", Videos);

    /// <summary>Reads pictures or videos in batches.</summary>
    /// <param name="paths">Files; of videos folders of frames too.</param>
    /// <param name="data">How the model sees pictures: their side (S) and normalisation.</param>
    /// <param name="frames">Frames of each video (F), 1 or more; null for pictures.</param>
    /// <param name="atOnce">Pictures of a batch, at most; of videos as many as have so many frames together, but at least one.</param>
    public static IEnumerable<ImageFiles> Read(IReadOnlyList<string> paths, DataSpec data, int? frames = null, int atOnce = 16)
    {
        var side = data.ImageSize;
        foreach (var batch in paths.Chunk(Math.Max(1, atOnce / (frames ?? 1))))
        {
            var (read, pixels, problems) = (new List<string>(), new List<float>(), new List<(string, string)>());
            foreach (var path in batch)
                try
                {
                    pixels.AddRange(ReadPixels(path, data, frames));
                    read.Add(path);
                }
                catch (Exception error) when (error is DatasetException or IOException or UnauthorizedAccessException)
                {
                    problems.Add((path, error.Message));
                }
            long[] shape = frames is { } count ? [read.Count, count, 3, side, side] : [read.Count, 3, side, side];
            yield return new ImageFiles(read, torch.tensor(pixels.ToArray()).view(shape), problems);
        }
    }

    // (3, S, S), or (F, 3, S, S).
    private static float[] ReadPixels(string path, DataSpec data, int? frames)
    {
        var (side, at) = (data.ImageSize, 0);
        var values = new float[(frames ?? 1) * 3 * side * side];
        foreach (var image in frames is { } count ? VideoFrames.Read(path, count) : [ImageDecoder.Decode(File.ReadAllBytes(path), path)])
        {
            data.Normalization.Write(BicubicResize.Resize(image, side, side), values.AsSpan(at, 3 * side * side));
            at += 3 * side * side;
        }
        return values;
    }

    private static List<string> Expand(IEnumerable<string> paths, string kind, Func<string, IEnumerable<string>> find)
    {
        var all = new List<string>();
        foreach (var path in paths)
        {
            string[] found = [.. find(path).Order(StringComparer.Ordinal)];
            if (found.Length == 0) throw new FileNotFoundException($"There is no {kind} at '{path}'.", path);
            all.AddRange(found);
        }
        return all;
    }

    private static IEnumerable<string> Pictures(string path)
    {
        if (File.Exists(path)) return [path];
        var found = Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories) : Matches(path).Where(File.Exists);
        return found.Where(ShardLimits.IsImage);
    }

    private static IEnumerable<string> Videos(string path) => Path.Exists(path) ? [path] : Matches(path).Where(VideoFrames.IsVideo);

    // Files and folders of a pattern.
    private static IEnumerable<string> Matches(string pattern)
    {
        var folder = Path.GetDirectoryName(pattern) is { Length: > 0 } parent ? parent : ".";
        return Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder, Path.GetFileName(pattern)) : [];
    }
}
