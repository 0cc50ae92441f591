using OrleansBlip.Data.Loading;
using OrleansBlip.Grains.Inference;

namespace OrleansBlip.Grains.Tests.Inference;

/// <summary>Folders of frames as a model folder's videos.</summary>
public sealed class VideoModelTests(TinyWorld world) : IClassFixture<TinyWorld>, IDisposable
{
    private static readonly DataSpec Sees = new() { ImageSize = 48 };

    private readonly string _folder = Directory.CreateTempSubdirectory("videos").FullName;

    [Fact]
    public void Read_VideosOneOfThemBroken_KeepsTheOthers()
    {
        for (var video = 0; video < 5; video++) Write($"v{video}", video * 10, 3 + video);
        File.WriteAllBytes(Path.Combine(_folder, "v1", "0010.jpg"), [0xFF, 0xD8, 0xFF, 0]);
        var videos = ImageFiles.ExpandVideos([Path.Combine(_folder, "*")]);
        var batches = ImageFiles.Read(videos, Sees, frames: 8).ToArray();
        Assert.Equal([1, 2, 1], batches.Select(batch => batch.Paths.Count));
        Assert.All(batches, batch => Assert.Equal([batch.Paths.Count, 8, 3, 48, 48], batch.Pixels.shape));
        Assert.Equal(["v0", "v2", "v3", "v4"], batches.SelectMany(batch => batch.Paths).Select(Path.GetFileName));
        Assert.EndsWith("v1", Assert.Single(batches.SelectMany(batch => batch.Problems)).Path, StringComparison.Ordinal);
        Assert.All(ImageFiles.Read(videos, Sees, frames: 17), batch => Assert.Equal([batch.Paths.Count, 17, 3, 48, 48], batch.Pixels.shape));
    }

    [Fact]
    public void Read_AVideo_HasThePixelsOfItsFrames()
    {
        Write("v", 0, 12);
        var pictures = Assert.Single(ImageFiles.Read(ImageFiles.Expand([Path.Combine(_folder, "v")]), Sees)).Pixels;
        var video = Assert.Single(ImageFiles.Read(ImageFiles.ExpandVideos([Path.Combine(_folder, "v")]), Sees, frames: 4)).Pixels;
        int[] middles = [1, 4, 7, 10];
        for (var frame = 0; frame < 4; frame++) Assert.True(video[0, frame].equal(pictures[middles[frame]]).all().item<bool>());
    }

    [Fact]
    public void ExpandVideos_FoldersFilesAndPatterns_InOrder()
    {
        foreach (var name in new[] { "b", "a" }) Write(name, 0, 2);
        Directory.CreateDirectory(Path.Combine(_folder, "empty"));
        foreach (var name in new[] { "c.mp4", "aa.webm", "notes.txt", "still.jpg" }) File.WriteAllText(Path.Combine(_folder, name), "");
        Assert.Equal(["a", "aa.webm", "b", "c.mp4"], Found("*"));
        Assert.Equal(["c.mp4", "a", "b"], Found("c.mp4", "?"));
        Assert.Contains("no video", Assert.Throws<FileNotFoundException>(() => Found("*.jpg")).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => Found("absent"));

        IEnumerable<string?> Found(params string[] names) => ImageFiles.ExpandVideos(names.Select(name => Path.Combine(_folder, name))).Select(Path.GetFileName);
    }

    [Fact]
    public void Match_AVideo_DependsOnItsFramesAlone()
    {
        for (var video = 0; video < 3; video++) Write($"v{video}", video * 10, 4);
        Write("pictures", 0, 4);
        using var model = new ImageModel(world.Model("filter"));
        var videos = ImageFiles.ExpandVideos([Path.Combine(_folder, "v*")]);
        var together = ImageFiles.Read(videos, Sees, frames: 4).SelectMany(batch => model.Match(batch.Pixels, "a red circle")).ToArray();
        Assert.Equal(3, together.Distinct().Count());
        for (var video = 0; video < 3; video++) Near(together[video], model.Match(Assert.Single(ImageFiles.Read([videos[video]], Sees, frames: 4)).Pixels, "a red circle")[0]);
        // A video that stands still is its picture: attention to equal tokens is attention to one of them.
        var still = Assert.Single(ImageFiles.Read(ImageFiles.Expand([Path.Combine(_folder, "pictures", "0000.jpg")]), Sees)).Pixels;
        Near(model.Match(still, "a red circle")[0], model.Match(still.unsqueeze(1).expand(1, 8, 3, 48, 48).contiguous(), "a red circle")[0]);
    }

    [Fact]
    public void Features_OfAVideo_AreTheMeanOfItsFrames()
    {
        Write("v", 0, 4);
        using var model = new ImageModel(world.Model("pretraining"));
        var video = Assert.Single(ImageFiles.Read([Path.Combine(_folder, "v")], Sees, frames: 4)).Pixels;
        var frames = model.Features(video[0], null, FeatureKind.Image, isProjected: false);
        var feature = Assert.Single(model.Features(video, null, FeatureKind.Image, isProjected: false));
        for (var value = 0; value < feature.Length; value++) Assert.Equal(frames.Average(frame => frame[value]), feature[value], 1e-5);
        Assert.Equal(1, Assert.Single(model.Features(video, null, FeatureKind.Image, isProjected: true)).Sum(value => (double)value * value), 1e-5);
    }

    [Fact]
    public void CaptionAndAnswer_Videos_GiveATextEach()
    {
        for (var video = 0; video < 2; video++) Write($"v{video}", video * 10, 4);
        var pixels = Assert.Single(ImageFiles.Read(ImageFiles.ExpandVideos([Path.Combine(_folder, "v*")]), Sees, frames: 8)).Pixels;
        using var captioner = new ImageModel(world.Model("captioner"));
        Assert.Equal(2, captioner.Caption(pixels, captioner.Settings(12, 0, 3, 0.9)).Distinct().Count());
        using var answerer = new ImageModel(world.Model("vqa"));
        Assert.Equal(2, answerer.Answer(pixels, "what colour is it?", answerer.Settings(10, 1, 3, 0.9)).Distinct().Count());
        Assert.Equal(2, answerer.RankAnswers(pixels, "what colour is it?", ["red", "blue"], 128).Distinct().Count());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Near((double Match, double Similarity) expected, (double Match, double Similarity) actual)
    {
        Assert.Equal(expected.Match, actual.Match, 1e-5);
        Assert.Equal(expected.Similarity, actual.Similarity, 1e-5);
    }

    private void Write(string video, int first, int count)
    {
        Directory.CreateDirectory(Path.Combine(_folder, video));
        for (var picture = first; picture < first + count; picture++) File.WriteAllBytes(Path.Combine(_folder, video, $"{picture:d4}.jpg"), world.Source.ReadImage(picture));
    }
}
