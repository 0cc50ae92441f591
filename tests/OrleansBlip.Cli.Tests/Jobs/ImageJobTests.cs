using System.Text.Json;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Grains.Inference;
using SkiaSharp;

namespace OrleansBlip.Cli.Tests.Jobs;

/// <summary>Commands over pictures, from the command line to what they print, with untrained models.</summary>
public sealed class ImageJobTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("blip-images").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public ImageJobTests()
    {
        TinyModel.SavePicture(In("1.png"), SKColors.Red, SKColors.Blue);
        TinyModel.SavePicture(In("2.png"), SKColors.White, SKColors.Green);
        TinyModel.SavePicture(In("3.png"), SKColors.Black, SKColors.Yellow);
    }

    [Fact]
    public async Task Caption_Pictures_WritesATextForEachAndTellsTheBrokenOne()
    {
        TinyModel.Save(In("model"), "captioner", "a picture of ");
        File.WriteAllBytes(In("4.png"), [1, 2, 3]);
        var results = await ResultsAsync("caption", In("*.png"), "--min-length", "8");
        Assert.Equal(["1.png", "2.png", "3.png", "4.png"], results.Select(result => Path.GetFileName(result.GetProperty("image").GetString())));
        Assert.All(results.Take(3), result =>
        {
            Assert.NotEqual("", TextOf(result));
            Assert.DoesNotContain("a picture of", TextOf(result), StringComparison.Ordinal);
            Assert.True(result.GetProperty("logProbability").GetDouble() < 0);
        });
        Assert.NotNull(results[3].GetProperty("problem").GetString());
    }

    [Fact]
    public async Task Caption_ByNucleus_DependsOnSeedAndLimits()
    {
        TinyModel.Save(In("model"), "captioner");
        string[] drawn = ["caption", In("*.png"), "--nucleus", "--top-p", "1", "--min-length", "12", "--max-length", "12"];
        var first = await TextsAsync(drawn);
        Assert.Equal(first, await TextsAsync(drawn));
        Assert.NotEqual(first, await TextsAsync([.. drawn, "--seed", "2"]));
        // One token to draw from is the likeliest, whatever the seed; so is the smallest nucleus.
        var likeliest = await TextsAsync([.. drawn, "--top-k", "1"]);
        Assert.Equal(likeliest, await TextsAsync([.. drawn, "--top-k", "1", "--seed", "2"]));
        Assert.Equal(likeliest, await TextsAsync("caption", In("*.png"), "--nucleus", "--top-p", "0", "--min-length", "12", "--max-length", "12"));
        Assert.NotEqual(first, likeliest);
    }

    [Fact]
    public async Task Caption_WithARepetitionPenalty_RepeatsLess()
    {
        TinyModel.Save(In("model"), "captioner");
        string[] likeliest = ["caption", In("*.png"), "--nucleus", "--top-k", "1", "--min-length", "16", "--max-length", "16"];
        string[] plain = await TextsAsync(likeliest), penalised = await TextsAsync([.. likeliest, "--repetition-penalty", "5"]);
        Assert.True(Words(penalised) > Words(plain), $"{string.Join(" | ", plain)}; with a penalty {string.Join(" | ", penalised)}");
        Assert.NotEqual(await TextsAsync("caption", In("*.png"), "--min-length", "16"), await TextsAsync("caption", In("*.png"), "--min-length", "16", "--repetition-penalty", "5"));

        static int Words(string[] texts) => texts.Sum(text => text.Split(' ').Distinct().Count());
    }

    [Fact]
    public async Task Caption_WithoutRoomForThePrompt_SaysSo()
    {
        TinyModel.Save(In("model"), "captioner", "a picture of ");
        foreach (var search in new[] { "--beams=2", "--nucleus" })
        {
            Assert.Equal(ExitCode.Failed, await RunAsync("caption", In("1.png"), search, "--max-length", "4"));
            Assert.Contains("begin with 4 tokens, [DEC] and those of 'a picture of '; a length of at most 4 leaves no room", _error.ToString(), StringComparison.Ordinal);
            _error.GetStringBuilder().Clear();
            Assert.Equal(ExitCode.Ok, await RunAsync("caption", In("1.png"), search, "--max-length", "5"));
        }
    }

    [Fact]
    public async Task Answer_Pictures_WritesOneForEach_OrChoosesAmongThoseGiven()
    {
        TinyModel.Save(In("model"), "vqa");
        Assert.Equal(3, (await TextsAsync("answer", In("*.png"), "what is it?")).Length);
        File.WriteAllText(In("answers.txt"), "red\n\n a blue circle \n");
        var chosen = await ResultsAsync("answer", In("*.png"), "what is it?", "--answers", In("answers.txt"));
        Assert.All(chosen, result =>
        {
            Assert.Contains(TextOf(result), new[] { "red", "a blue circle" });
            Assert.True(result.GetProperty("logProbability").GetDouble() < 0);
        });
        File.WriteAllText(In("answers.txt"), "\n");
        Assert.Equal(ExitCode.Failed, await RunAsync("answer", In("1.png"), "what is it?", "--answers", In("answers.txt")));
        Assert.Contains("holds no answer", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_ByAnotherModel_SaysWhichOneDoes()
    {
        TinyModel.Save(In("model"), "captioner");
        Assert.Equal(ExitCode.Failed, await RunAsync("answer", In("1.png"), "what is it?"));
        Assert.Contains("one of family vqa does", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(32, true, "--kind", "image")]
    [InlineData(16, true, "--projected")]
    [InlineData(32, false, "--kind", "text", "--text", "a red circle")]
    [InlineData(16, false, "--kind", "text", "--text", "a red circle", "--projected")]
    [InlineData(32, true, "--kind", "multimodal", "--text", "a red circle")]
    public async Task Features_OfEachKind_AreThoseOfTheModel(int width, bool isOfThePicture, params string[] options)
    {
        var folder = TinyModel.Save(In("model"), "filter");
        var features = (await ResultsAsync(["features", In("*.png"), .. options])).Select(result => result.GetProperty("feature").EnumerateArray().Select(value => value.GetSingle()).ToArray()).ToArray();
        Assert.All(features, feature => Assert.Equal(width, feature.Length));
        Assert.Equal(isOfThePicture, !features[0].SequenceEqual(features[1]));
        if (options.Contains("--projected")) Assert.All(features, feature => Assert.Equal(1, feature.Sum(value => (double)value * value), 1e-5));

        using var model = new ImageModel(folder);
        var kind = Enum.Parse<FeatureKind>(options is ["--kind", var name, ..] ? name : "image", ignoreCase: true);
        var pixels = Assert.Single(ImageFiles.Read(ImageFiles.Expand([In("*.png")]), folder.DataSpec)).Pixels;
        var expected = model.Features(pixels, kind == FeatureKind.Image ? null : "a red circle", kind, options.Contains("--projected"));
        Assert.All(expected.Zip(features), pair => Assert.Equal(pair.First, pair.Second, (a, b) => Math.Abs(a - b) < 1e-4));
    }

    [Fact]
    public async Task Features_InATable_AreCounted()
    {
        TinyModel.Save(In("model"), "filter");
        Assert.Equal(ExitCode.Ok, await RunAsync("features", In("1.png"), "--projected"));
        Assert.Matches(@"1\.png\s+│ 16\s+│", _output.ToString());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string TextOf(JsonElement result) => result.GetProperty("text").GetString()!;

    private string In(string name) => Path.Combine(_folder, name);

    private async Task<string[]> TextsAsync(params string[] arguments) => [.. (await ResultsAsync(arguments)).Select(TextOf)];

    private async Task<JsonElement[]> ResultsAsync(params string[] arguments)
    {
        _output.GetStringBuilder().Clear();
        Assert.True(await RunAsync([.. arguments, "--json"]) == ExitCode.Ok, _error.ToString());
        using var document = JsonDocument.Parse(_output.ToString());
        return [.. document.RootElement.EnumerateArray().Select(result => result.Clone())];
    }

    private Task<int> RunAsync(params string[] arguments)
    {
        BlipRootCommand root = [ImageCommands.Caption(ImageJobs.Caption), ImageCommands.Answer(ImageJobs.Answer), ImageCommands.Features(ImageJobs.Features)];
        return CommandRunner.RunAsync(root, [.. arguments, "--model", In("model"), "--quiet"], _output, _error);
    }
}
