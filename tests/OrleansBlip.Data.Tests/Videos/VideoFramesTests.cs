using OrleansBlip.Data.Images;
using OrleansBlip.Data.Tests.Images;
using OrleansBlip.Data.Videos;
using OrleansBlip.Videos;
using SkiaSharp;

namespace OrleansBlip.Data.Tests.Videos;

public sealed class VideoFramesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Read_AFolder_TakesItsPicturesInOrderOfTheirNames()
    {
        WriteReds(("b.png", 20), ("a.PNG", 10), ("c10.png", 30), ("c9.png", 40));
        File.WriteAllText(_folder.File("b.txt"), "no picture");
        Directory.CreateDirectory(_folder.File("aa"));
        File.WriteAllBytes(_folder.File("aa", "a.png"), TestPictures.Encode(8, 8, 99, SKEncodedImageFormat.Png));
        Assert.Equal([10, 20, 30, 40], Reds(4));
        Assert.Equal([20, 40], Reds(2));
        Assert.Equal([30], Reds(1));
    }

    [Fact]
    public void Read_AFolderOfFewerPictures_RepeatsThem()
    {
        WriteReds(("1.png", 10), ("2.png", 20));
        Assert.Equal([10, 10, 20, 20, 20], Reds(5));
    }

    [Fact]
    public void Read_AFolderWithABrokenPicture_NamesIt()
    {
        WriteReds(("1.png", 10), ("2.png", 20));
        File.WriteAllBytes(_folder.File("3.png"), [0x89, 0x50, 0x4E, 0x47]);
        Assert.Equal(_folder.File("3.png"), Assert.Throws<ImageException>(() => Reds(3)).Name);
    }

    [Fact]
    public void Read_WhatIsNoVideo_SaysWhy()
    {
        Refuses(_folder.Path, "holds no pictures");
        WriteReds(("1.png", 10));
        Refuses(_folder.File("1.png"), "is a picture");
    }

    [Fact]
    public void IsVideo_EntriesOfAFolder_TellsThem()
    {
        foreach (var name in new[] { "full", "empty" }) Directory.CreateDirectory(_folder.File(name));
        WriteReds(("full/1.png", 10), ("1.png", 10));
        File.WriteAllText(_folder.File("a.MP4"), "");
        File.WriteAllText(_folder.File("notes.txt"), "");
        Assert.Equal(["a.MP4", "full"], Directory.EnumerateFileSystemEntries(_folder.Path).Where(VideoFrames.IsVideo).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Read_AFileWithoutFfmpeg_SaysWhatToDo()
    {
        File.WriteAllText(_folder.File("a.mp4"), "");
        var path = Environment.GetEnvironmentVariable("PATH");
        try
        {
            Environment.SetEnvironmentVariable("PATH", _folder.Path);
            Refuses(_folder.File("a.mp4"), "ffmpeg is not installed; install it, or give a folder of frames");
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
        }
    }

    [FfmpegFact]
    public void Read_ALosslessFile_IsTheFolderOfItsFrames()
    {
        TestClips.WriteFrames(_folder.File("frames"), 21);
        TestClips.WriteLossless(_folder.File("frames"), _folder.File("-a b, [c]: 'd'.mkv"));
        foreach (var count in new[] { 1, 8, 21, 64 })
        {
            RgbImage[] folder = [.. VideoFrames.Read(_folder.File("frames"), count)], file = [.. VideoFrames.Read(_folder.File("-a b, [c]: 'd'.mkv"), count)];
            Assert.Equal((count, Math.Min(count, 21)), (file.Length, file.Select(frame => Convert.ToHexString(frame.Pixels)).Distinct().Count()));
            Assert.All(file.Zip(folder), pair => Assert.Equal((pair.Second.Width, pair.Second.Height), (pair.First.Width, pair.First.Height)));
            Assert.All(file.Zip(folder), pair => Assert.True(pair.First.Pixels.AsSpan().SequenceEqual(pair.Second.Pixels)));
        }
    }

    [FfmpegFact]
    public void Read_FilesOfOtherKinds_GivesTheirFrames()
    {
        TestClips.WriteFrames(_folder.File("frames"), 12);
        RgbImage[] expected = [.. VideoFrames.Read(_folder.File("frames"), 4)];
        foreach (var name in new[] { "a.mp4", "a.mov", "a.avi", "a.gif", "a.mpg" })
        {
            TestClips.Make("-framerate", "25", "-i", _folder.File("frames", "%04d.png"), "-q:v", "2", _folder.File(name));
            RgbImage[] frames = [.. VideoFrames.Read(_folder.File(name), 4)];
            // Each is nearest to its own frame, whatever the compression.
            for (var frame = 0; frame < 4; frame++) Assert.Equal(frame, Enumerable.Range(0, 4).MinBy(other => Distance(frames[frame], expected[other])));
        }
    }

    [FfmpegFact]
    public void Read_BrokenFiles_AreRefusedInALine()
    {
        TestClips.WriteFrames(_folder.File("frames"), 4);
        TestClips.WriteLossless(_folder.File("frames"), _folder.File("whole.mkv"));
        TestClips.Make("-i", _folder.File("whole.mkv"), _folder.File("whole.mp4"));
        File.WriteAllBytes(_folder.File("cut.mp4"), File.ReadAllBytes(_folder.File("whole.mp4"))[..500]);
        File.WriteAllText(_folder.File("empty.mp4"), "");
        TestClips.Make("-f", "lavfi", "-i", "sine=duration=1", _folder.File("sound.mp4"));
        foreach (var name in new[] { "cut.mp4", "empty.mp4", "absent.mp4" }) Refuses(_folder.File(name), "ffmpeg cannot decode it: ");
        Refuses(_folder.File("sound.mp4"), "it has no frames");
        // A list of other files is no video, whatever its name.
        File.WriteAllText(_folder.File("list.mp4"), "ffconcat version 1.0\nfile whole.mkv\n");
        Refuses(_folder.File("list.mp4"), "not on whitelist");
    }

    [FfmpegFact]
    public void Read_AFileThatChangesItsSize_IsRefused()
    {
        TestClips.WriteFrames(_folder.File("frames"), 20);
        TestClips.Make("-framerate", "25", "-i", _folder.File("frames", "%04d.png"), _folder.File("small.mpg"));
        TestClips.Make("-framerate", "25", "-i", _folder.File("frames", "%04d.png"), "-vf", "scale=128:96", _folder.File("large.mpg"));
        File.WriteAllBytes(_folder.File("both.mpg"), [.. File.ReadAllBytes(_folder.File("small.mpg")), .. File.ReadAllBytes(_folder.File("large.mpg"))]);
        Assert.Throws<VideoException>(() => VideoFrames.Read(_folder.File("both.mpg"), 8).ToArray());
    }

    public void Dispose() => _folder.Dispose();

    private static double Distance(RgbImage a, RgbImage b) => a.Pixels.Zip(b.Pixels, (x, y) => Math.Pow(x - y, 2)).Sum();

    private static void Refuses(string path, string reason)
    {
        var message = Assert.Throws<VideoException>(() => VideoFrames.Read(path, 8).ToArray()).Message;
        Assert.StartsWith($"video '{path}': ", message, StringComparison.Ordinal);
        Assert.Contains(reason, Assert.Single(message.Split('\n')), StringComparison.Ordinal);
    }

    private void WriteReds(params (string Name, byte Red)[] pictures)
    {
        foreach (var (name, red) in pictures) File.WriteAllBytes(_folder.File(name), TestPictures.Encode(8, 8, red, SKEncodedImageFormat.Png));
    }

    private int[] Reds(int count) => [.. VideoFrames.Read(_folder.Path, count).Select(frame => (int)frame.Pixels[0])];
}
