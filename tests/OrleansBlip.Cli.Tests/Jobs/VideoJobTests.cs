using System.Text.Json;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Videos;

namespace OrleansBlip.Cli.Tests.Jobs;

/// <summary>Commands over videos, from the command line to what they print, with an untrained model.</summary>
public sealed class VideoJobTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("blip-jobs").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public VideoJobTests() => SaveModel();

    [FfmpegFact]
    public async Task Search_AFolderOfVideos_RanksFilesAndFoldersAlike_AndTellsTheBrokenOne()
    {
        TestClips.WriteFrames(In("clips", "still"), 21);
        TestClips.WriteLossless(In("clips", "still"), In("clips", "file.mkv"));
        TestClips.WriteFrames(In("clips", "other"), 3, source: "rgbtestsrc");
        File.WriteAllText(In("clips", "broken.mp4"), "no video");
        File.WriteAllText(In("clips", "notes.txt"), "no video either");
        File.Copy(In("clips", "still", "0001.png"), In("clips", "cover.png"));

        Assert.Equal(ExitCode.Ok, await RunAsync("search", In("clips"), "red", "--frames", "8", "--json"));
        using var document = JsonDocument.Parse(_output.ToString());
        var results = document.RootElement.EnumerateArray().ToDictionary(result => Path.GetFileName(result.GetProperty("image").GetString()!));
        Assert.Equal(["broken.mp4", "file.mkv", "other", "still"], results.Keys.Order(StringComparer.Ordinal));
        Assert.Contains("ffmpeg cannot decode it", results["broken.mp4"].GetProperty("problem").GetString(), StringComparison.Ordinal);
        foreach (var score in new[] { "match", "similarity" })
        {
            double Of(string video) => results[video].GetProperty(score).GetDouble();
            Assert.Equal(Of("still"), Of("file.mkv"), 1e-5);
            Assert.NotEqual(Of("still"), Of("other"), 1e-4);
        }
    }

    [FfmpegFact]
    public async Task Match_VideosInATable_AreNamed()
    {
        TestClips.WriteFrames(In("still"), 2);
        Assert.Equal(ExitCode.Ok, await RunAsync("match", In("still"), "red", "--frames", "4"));
        Assert.Contains("│ video ", _output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("picture", _output.ToString(), StringComparison.Ordinal);
        // Without the option the folder is two pictures.
        _output.GetStringBuilder().Clear();
        Assert.Equal(ExitCode.Ok, await RunAsync("match", In("still"), "red", "--json"));
        using var document = JsonDocument.Parse(_output.ToString());
        Assert.Equal(["0001.png", "0002.png"], document.RootElement.EnumerateArray().Select(result => Path.GetFileName(result.GetProperty("image").GetString())));
    }

    [Fact]
    public async Task Features_OfNothingButBrokenVideos_FailAndSayWhy()
    {
        Directory.CreateDirectory(In("empty"));
        Assert.Equal(ExitCode.Failed, await RunAsync("features", In("empty"), "--frames", "16", "--json"));
        Assert.Contains("holds no pictures", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.NotFound, await RunAsync("features", In("absent"), "--frames", "16"));
        Assert.Contains("There is no video at", _error.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string In(params string[] parts) => Path.Combine([_folder, .. parts]);

    private Task<int> RunAsync(params string[] arguments)
    {
        BlipRootCommand root = [ImageCommands.Match(ImageJobs.Match), ImageCommands.Search(ImageJobs.Search), ImageCommands.Features(ImageJobs.Features)];
        return CommandRunner.RunAsync(root, [.. arguments, "--model", In("model"), "--quiet"], _output, _error);
    }

    private void SaveModel()
    {
        var vocabulary = new Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "blue"]);
        var spec = new ModelSpec
        {
            Family = "filter",
            Vision = new() { ImageSize = 32, PatchSize = 16, Width = 32, Depth = 2, Heads = 2, InitialStandardDeviation = 0.2 },
            Text = new() { VocabularySize = vocabulary.Count, Width = 32, Depth = 2, Heads = 2, FeedForwardWidth = 64, PositionsMax = 16, InitialStandardDeviation = 0.2 },
            FeatureWidth = 16,
            ProjectionStandardDeviation = 0.2,
        };
        using var model = new BlipModel(Families.Compose(spec));
        model.Initialize(7);
        var data = new DataSpec { ImageSize = 32, TokensMax = 12, Padding = TokenPadding.Longest, VocabularySha256 = vocabulary.Sha256 };
        ModelFolder.Save(In("model"), spec, data, vocabulary, model.Layout, model.Weights.data<float>().ToArray(), model.Momentum.data<float>().ToArray());
    }
}
