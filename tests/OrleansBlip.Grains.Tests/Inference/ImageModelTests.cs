using OrleansBlip.Data.Loading;
using OrleansBlip.Grains.Inference;

namespace OrleansBlip.Grains.Tests.Inference;

public sealed class ImageModelTests(TinyWorld world) : IClassFixture<TinyWorld>, IDisposable
{
    private static readonly DataSpec Sees = new() { ImageSize = 48 };

    private readonly string _folder = Directory.CreateTempSubdirectory("images").FullName;

    [Fact]
    public void Read_FilesOneOfThemBroken_KeepsTheOthers()
    {
        Write(40);
        File.WriteAllBytes(Path.Combine(_folder, "0020.jpg"), [0xFF, 0xD8, 0xFF, 0]);
        var batches = ImageFiles.Read(ImageFiles.Expand([_folder]), Sees).ToArray();
        Assert.Equal([16, 15, 8], batches.Select(batch => batch.Paths.Count));
        Assert.All(batches, batch => Assert.Equal([batch.Paths.Count, 3, 48, 48], batch.Pixels.shape));
        Assert.EndsWith("0020.jpg", Assert.Single(batches.SelectMany(batch => batch.Problems)).Path, StringComparison.Ordinal);
    }

    [Fact]
    public void Expand_PatternsAndFiles_InOrder()
    {
        Write(12);
        File.WriteAllText(Path.Combine(_folder, "notes.txt"), "no picture");
        var files = ImageFiles.Expand([Path.Combine(_folder, "0011.jpg"), Path.Combine(_folder, "000?.jpg")]);
        Assert.Equal(["0011.jpg", .. Enumerable.Range(0, 10).Select(i => $"{i:d4}.jpg")], files.Select(Path.GetFileName));
        Assert.Throws<FileNotFoundException>(() => ImageFiles.Expand([Path.Combine(_folder, "*.png")]));
    }

    [Fact]
    public void DrawCaption_SameSeed_DependsOnThePictureAlone()
    {
        Write(5);
        using var model = new ImageModel(world.Model("captioner"));
        var settings = model.Settings(lengthMax: 12, lengthMin: 0, beams: 1, topP: 0.9);
        var all = Assert.Single(ImageFiles.Read(ImageFiles.Expand([_folder]), Sees));
        var together = model.DrawCaption(all.Pixels, all.Paths, settings, seed: 3);
        var alone = model.DrawCaption(all.Pixels.narrow(0, 3, 1), [all.Paths[3]], settings, seed: 3);
        Assert.Equal(together[3].Text, Assert.Single(alone).Text);
        Assert.NotEqual(together.Select(caption => caption.Text), model.DrawCaption(all.Pixels, all.Paths, settings, seed: 4).Select(caption => caption.Text));
    }

    [Fact]
    public void Match_Pictures_GivesProbabilityAndCosine()
    {
        Write(5);
        using var model = new ImageModel(world.Model("filter"));
        var files = Assert.Single(ImageFiles.Read(ImageFiles.Expand([_folder]), Sees));
        var matches = model.Match(files.Pixels, "a red circle");
        Assert.Equal(5, matches.Count);
        Assert.All(matches, match =>
        {
            Assert.InRange(match.Match, 0, 1);
            Assert.InRange(match.Similarity, -1, 1);
        });
        Assert.Equal(5, matches.Distinct().Count());
    }

    [Fact]
    public void Answer_ByAVqaModel_AnswersEach_ByAnotherIsRefused()
    {
        Write(3);
        var files = Assert.Single(ImageFiles.Read(ImageFiles.Expand([_folder]), Sees));
        using (var model = new ImageModel(world.Model("vqa"))) Assert.Equal(3, model.Answer(files.Pixels, "what colour is it?", model.Settings(10, 1, 3, 0.9)).Count);
        using var captioner = new ImageModel(world.Model("captioner"));
        Assert.Contains("answers no questions", Assert.Throws<InvalidDataException>(() => captioner.Answer(files.Pixels, "what?", captioner.Settings(10, 1, 3, 0.9))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RankAnswers_ChoosesAmongThose()
    {
        Write(3);
        var pixels = Assert.Single(ImageFiles.Read(ImageFiles.Expand([_folder]), Sees)).Pixels;
        using var model = new ImageModel(world.Model("vqa"));
        string[] answers = ["red", "a blue circle", "large"];
        var all = model.RankAnswers(pixels, "what is it?", answers, count: 128);
        Assert.Equal(3, all.Count);
        Assert.All(all, answer => Assert.Contains(answer.Text, answers));
        // Alone, an answer scores what it scored among others.
        Assert.Equal(all[0].LogProbability, model.RankAnswers(pixels, "what is it?", [all[0].Text], count: 1)[0].LogProbability, 1e-3);
    }

    [Fact]
    public void Judge_TwoPictures_DependsOnTheirOrder()
    {
        Write(2);
        var pixels = Assert.Single(ImageFiles.Read(ImageFiles.Expand([_folder]), Sees)).Pixels;
        using var model = new ImageModel(world.Model("nlvr"));
        var judged = model.Judge(pixels, "a red circle");
        Assert.InRange(judged, 0, 1);
        Assert.NotEqual(judged, model.Judge(pixels.flip([0]), "a red circle"));
        using var captioner = new ImageModel(world.Model("captioner"));
        Assert.Contains("judges no sentences", Assert.Throws<InvalidDataException>(() => captioner.Judge(pixels, "x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Features_OfEachKind_HaveTheirWidths()
    {
        Write(3);
        using var model = new ImageModel(world.Model("pretraining"));
        var pixels = Assert.Single(ImageFiles.Read(ImageFiles.Expand([_folder]), Sees)).Pixels;
        var projected = model.Features(pixels, null, FeatureKind.Image, isProjected: true);
        Assert.All(projected, feature => Assert.Equal(1, feature.Sum(value => (double)value * value), 1e-5));
        var text = model.Features(pixels, "a red circle", FeatureKind.Text, isProjected: true);
        Assert.Equal(model.Match(pixels, "a red circle").Select(match => match.Similarity), projected.Zip(text, (a, b) => a.Zip(b, (x, y) => (double)x * y).Sum()), (a, b) => Math.Abs(a - b) < 1e-5);
        Assert.Equal(3, model.Features(pixels, "a red circle", FeatureKind.Multimodal, isProjected: false).Distinct(new SameValues()).Count());
        Assert.Single(model.Features(pixels, "a red circle", FeatureKind.Text, isProjected: false).Distinct(new SameValues()));
        Assert.Throws<ArgumentException>(() => model.Features(pixels, null, FeatureKind.Text, isProjected: false));
        Assert.Throws<ArgumentException>(() => model.Features(pixels, "x", FeatureKind.Multimodal, isProjected: true));
    }

    [Fact]
    public void Classify_ByNames_GivesSharesThatAddUp()
    {
        Write(4);
        using var model = new ImageModel(world.Model("filter"));
        var pixels = Assert.Single(ImageFiles.Read(ImageFiles.Expand([_folder]), Sees)).Pixels;
        var shares = model.Classify(pixels, ["circle", "square", "star"], ["a {}", "one {}"]);
        Assert.Equal(4, shares.Count);
        Assert.All(shares, picture => Assert.Equal((3, 1.0), (picture.Length, Math.Round(picture.Sum(), 5))));
        Assert.Equal(shares[0][0], model.Classify(pixels, ["square", "circle", "star"], ["a {}", "one {}"])[0][1], 1e-5);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private sealed class SameValues : IEqualityComparer<float[]>
    {
        public bool Equals(float[]? x, float[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(float[] values) => values[0].GetHashCode();
    }

    private void Write(int count)
    {
        for (var picture = 0; picture < count; picture++) File.WriteAllBytes(Path.Combine(_folder, $"{picture:d4}.jpg"), world.Source.ReadImage(picture));
    }
}
