using System.ComponentModel;
using System.Diagnostics;

namespace OrleansBlip.Videos;

/// <summary>Clips that ffmpeg makes for a test.</summary>
internal static class TestClips
{
    /// <summary>Why a test that needs ffmpeg must be skipped, or null where it is installed.</summary>
    public static string? MissingReason { get; } = Run("-version") ? null : "ffmpeg is not installed";

    /// <summary>A folder of so many different frames of 64 × 48, 0001.png and so on.</summary>
    public static void WriteFrames(string folder, int count, string source = "testsrc")
    {
        Directory.CreateDirectory(folder);
        Make("-f", "lavfi", "-i", $"{source}=size=64x48:rate=10", "-frames:v", $"{count}", Path.Combine(folder, "%04d.png"));
    }

    /// <summary>A video of a folder's frames, to the bit, at 10 frames a second: Matroska, FFV1.</summary>
    public static void WriteLossless(string folder, string path) =>
        Make("-framerate", "10", "-i", Path.Combine(folder, "%04d.png"), "-c:v", "ffv1", "-pix_fmt", "bgr0", path);

    /// <summary>Calls ffmpeg, which must succeed.</summary>
    public static void Make(params string[] arguments) => Assert.True(Run(["-nostdin", "-v", "error", .. arguments]), $"ffmpeg failed: {string.Join(' ', arguments)}");

    private static bool Run(params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("ffmpeg", arguments) { RedirectStandardOutput = true })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
