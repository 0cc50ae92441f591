using System.Collections.Frozen;
using OrleansBlip.Data.Images;
using OrleansBlip.Data.Shards;

namespace OrleansBlip.Data.Videos;

/// <summary>Frames of a video, which is a folder of pictures, in ordinal order of their names, or a file, which the program ffmpeg decodes.</summary>
public static class VideoFrames
{
    /// <summary>Extensions by which video files are told from others in a folder.</summary>
    private static readonly FrozenSet<string> Extensions =
        new[] { ".avi", ".flv", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv", ".webm", ".wmv" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether an entry of a folder is a video: a folder that holds pictures itself, or a file whose name ends as a video's.</summary>
    public static bool IsVideo(string path)
    {
        try
        {
            return Directory.Exists(path) ? Pictures(path).Length > 0 : Extensions.Contains(Path.GetExtension(path));
        }
        catch (UnauthorizedAccessException)
        {
            return true; // whoever reads it is told why that cannot be
        }
    }

    /// <summary>So many frames, those that <see cref="FrameSampling"/> says; decoded one by one, as they are asked for.</summary>
    /// <param name="path">A folder of pictures (subfolders are not looked into), or a video file.</param>
    /// <param name="count">Frames, at least 1.</param>
    /// <exception cref="VideoException">There are no frames, or ffmpeg is missing or refuses the file.</exception>
    /// <exception cref="ImageException">A picture of the folder is refused.</exception>
    public static IEnumerable<RgbImage> Read(string path, int count)
    {
        var pictures = Directory.Exists(path) ? Pictures(path) : null;
        if (pictures is null && ShardLimits.IsImage(path)) throw new VideoException(path, "it is a picture, not a video");
        var total = pictures?.Length ?? Ffmpeg.Count(path);
        if (total == 0) throw new VideoException(path, pictures is null ? "it has no frames" : "the folder holds no pictures");
        var places = FrameSampling.Middles(total, count).GroupBy(place => place).ToArray();
        int[] once = [.. places.Select(place => place.Key)];
        var frames = pictures is null ? Ffmpeg.Frames(path, once) : once.Select(place => ImageDecoder.Decode(File.ReadAllBytes(pictures[place]), pictures[place]));
        return frames.Zip(places, (frame, place) => place.Select(_ => frame)).SelectMany(same => same);
    }

    private static string[] Pictures(string folder) => [.. Directory.EnumerateFiles(folder).Where(ShardLimits.IsImage).Order(StringComparer.Ordinal)];
}
