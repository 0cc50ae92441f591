using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using OrleansBlip.Data.Images;

namespace OrleansBlip.Data.Videos;

/// <summary>
/// The programs ffprobe and ffmpeg, called with lists of arguments and never through a shell. They read one local file of a video format: what names
/// further files, such as a playlist, is refused.
/// </summary>
internal static partial class Ffmpeg
{
    private static readonly string[] Limits =
    [
        "-v", "error", "-protocol_whitelist", "file", "-format_whitelist", "asf,avi,flv,gif,matroska,mov,mpeg,ogg", "-max_pixels", $"{ImageDecoder.PixelsMax}",
    ];

    /// <summary>Frames of the file's first video stream, counted by decoding them; 0 where it has none.</summary>
    /// <exception cref="VideoException">The file is refused, or there is no such program.</exception>
    public static int Count(string path)
    {
        using var probe = Start(
            path, "ffprobe", [.. Limits, "-select_streams", "V:0", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "default=nw=1:nk=1", Url(path)]);
        var complaints = probe.StandardError.ReadToEndAsync();
        var count = probe.StandardOutput.ReadToEnd().Split('\n')[0];
        probe.WaitForExit();
        if (probe.ExitCode != 0) throw Refusal(path, complaints.GetAwaiter().GetResult());
        return int.TryParse(count, CultureInfo.InvariantCulture, out var frames) ? frames : 0;
    }

    /// <summary>Some frames of that stream, upright, in the file's own size.</summary>
    /// <param name="path">The file.</param>
    /// <param name="places">Numbers of the frames, from 0, rising.</param>
    /// <exception cref="VideoException">The file is refused, there is no such program, or not just these frames come.</exception>
    public static IEnumerable<RgbImage> Frames(string path, IReadOnlyList<int> places)
    {
        var chosen = string.Join('+', places.Select(place => $"eq(n\\,{place})"));
        // Chosen frames get times of their own at an even rate: else some would be doubled or dropped to keep the old one.
        using var decoder = Start(
            path, "ffmpeg",
            [
                "-nostdin", .. Limits, "-i", Url(path), "-map", "0:V:0", "-vf", $"select={chosen},settb=1/25,setpts=N", "-r", "25", "-f", "image2pipe", "-c:v", "ppm",
                "-pix_fmt", "rgb24", "pipe:1",
            ]);
        var complaints = decoder.StandardError.ReadToEndAsync();
        try
        {
            var read = 0;
            while (ReadPixmap(decoder.StandardOutput.BaseStream) is { } frame)
            {
                // Where pictures change their size, ffmpeg begins to count anew.
                if (read++ == places.Count) throw new VideoException(path, "more frames come than were asked for; does it change its size midway?");
                yield return frame;
            }
            decoder.WaitForExit();
            if (decoder.ExitCode != 0 || read < places.Count) throw Refusal(path, complaints.GetAwaiter().GetResult());
        }
        finally
        {
            if (!decoder.HasExited) decoder.Kill();
        }
    }

    private static Process Start(string path, string program, string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (Win32Exception)
        {
            throw new VideoException(path, "ffmpeg is not installed; install it, or give a folder of frames");
        }
    }

    // So that no name is taken for an option or for another protocol.
    private static string Url(string path) => $"file:{Path.GetFullPath(path)}";

    private static VideoException Refusal(string path, string complaints)
    {
        var reason = Speaker().Replace(complaints.Split('\n')[0].Trim(), "");
        return new VideoException(path, $"ffmpeg cannot decode it: {(reason.Length > 0 ? reason : "frames are missing")}");
    }

    // P6, width, height and 255, each with a white space behind it, then the pixels; null at the stream's end, and where it is cut.
    private static RgbImage? ReadPixmap(Stream stream)
    {
        if (ReadWord(stream) != "P6") return null;
        if (!int.TryParse(ReadWord(stream), out var width) || !int.TryParse(ReadWord(stream), out var height) || ReadWord(stream) != "255") return null;
        var image = new RgbImage(width, height);
        return stream.ReadAtLeast(image.Pixels, image.Pixels.Length, throwOnEndOfStream: false) == image.Pixels.Length ? image : null;
    }

    private static string ReadWord(Stream stream)
    {
        var word = new StringBuilder();
        for (var next = stream.ReadByte(); next > ' '; next = stream.ReadByte()) word.Append((char)next);
        return word.ToString();
    }

    // "[mov,mp4 @ 0x55d1498c7c0] " before what a part of ffmpeg says.
    [GeneratedRegex("^\\[[^]]* @ 0x[0-9a-f]+\\] ", RegexOptions.CultureInvariant)]
    private static partial Regex Speaker();
}
