using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Tests.Commands;

public sealed class JobCommandTests
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private object? _request;
    private bool? _json;

    [Fact]
    public async Task Demo_NoOptions_ComparesNoneAndBothOnOneNode()
    {
        Assert.Equal(0, await RunAsync("demo"));
        var request = Assert.IsType<DemoRequest>(_request);
        Assert.Equal(["none", "both"], request.Arms.AsEnumerable());
        Assert.Equal((1, 1, 1, false, false), (request.Seed, request.Seeds, request.Nodes, request.Resume, request.IsFinetuned));
        Assert.Equal(Path.GetFullPath("demo-out"), request.Out);
        Assert.False(_json);
    }

    [Fact]
    public async Task Demo_AllOptions_ArePassedOn()
    {
        Assert.Equal(0, await RunAsync("demo", "--out", "x", "--seed", "101", "--seeds", "3", "--nodes", "3", "--arms", "all", "--resume", "--json"));
        var request = Assert.IsType<DemoRequest>(_request);
        Assert.Equal(DemoCommand.Arms.AsEnumerable(), request.Arms);
        Assert.Equal((101, 3, 3, true, true), (request.Seed, request.Seeds, request.Nodes, request.Resume, request.IsFinetuned));
        Assert.True(_json);
    }

    [Fact]
    public async Task Demo_ArmsInAnyOrder_ComeInTheTablesOrder()
    {
        await RunAsync("demo", "--arms", "random, none", "--finetuned");
        var request = Assert.IsType<DemoRequest>(_request);
        Assert.Equal(["none", "random"], request.Arms.AsEnumerable());
        Assert.True(request.IsFinetuned);
    }

    [Fact]
    public async Task Device_OfAnyJob_IsPassedOn()
    {
        Assert.Equal(0, await RunAsync("train", "a"));
        Assert.Equal(DeviceChoice.Auto, ((TrainRequest)_request!).Device);
        Assert.Equal(0, await RunAsync("demo", "--device", "cuda"));
        Assert.Equal(DeviceChoice.Cuda, ((DemoRequest)_request!).Device);
        Assert.Equal(0, await RunAsync("bootstrap", "a", "--clean", "b", "--device", "cpu"));
        Assert.Equal(DeviceChoice.Cpu, ((BootstrapRequest)_request!).Device);
        Assert.Equal(ExitCode.Usage, await RunAsync("train", "a", "--device", "tpu"));
    }

    [Fact]
    public async Task Train_SettingsOfTheRun_ArePassedOn_AndAreTheRecipesWithoutThem()
    {
        Assert.Equal(0, await RunAsync("train", "a"));
        Assert.Equal(new RunSettings { Shards = 0, CheckpointsKept = 2, SkipsInRowMax = 5 }, ((TrainRequest)_request!).Settings);
        Assert.Equal(0, await RunAsync("train", "a", "--slots-per-step", "16", "--clip-norm", "0.5", "--checkpointed-blocks", "4", "--shards", "3", "--checkpoints-kept", "7", "--skips-in-row", "9"));
        Assert.Equal(
            new RunSettings { SlotsPerStep = 16, ClipNorm = 0.5, CheckpointedBlocks = 4, Shards = 3, CheckpointsKept = 7, SkipsInRowMax = 9 },
            ((TrainRequest)_request!).Settings);
        Assert.Equal(0, await RunAsync("train", "--help"));
        Assert.All(
            new[] { "--slots-per-step <N>", "--clip-norm <X>", "--checkpointed-blocks <N>", "--shards <N>", "--checkpoints-kept <N>", "--skips-in-row <N>" },
            option => Assert.Contains(option, _output.ToString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--slots-per-step is 0; give a number from 1 to 4096.", "--slots-per-step", "0")]
    [InlineData("--slots-per-step is 4097; give a number from 1 to 4096.", "--slots-per-step", "4097")]
    [InlineData("--clip-norm is -1; give a number from 0 to ", "--clip-norm", "-1")]
    [InlineData("--clip-norm is NaN; give a number from 0 to ", "--clip-norm", "NaN")]
    [InlineData("--checkpointed-blocks is -1; give a number from 0", "--checkpointed-blocks", "-1")]
    [InlineData("--shards is 1025; give a number from 0 to 1024.", "--shards", "1025")]
    [InlineData("--checkpoints-kept is 0; give a number from 1", "--checkpoints-kept", "0")]
    [InlineData("--skips-in-row is 0; give a number from 1", "--skips-in-row", "0")]
    public async Task Train_SettingOutOfItsRange_IsRefused(string expected, params string[] options)
    {
        Assert.Equal(ExitCode.Usage, await RunAsync(["train", "a", .. options]));
        Assert.Contains(expected, _error.ToString(), StringComparison.Ordinal);
        Assert.Null(_request);
    }

    [Fact]
    public async Task Train_Options_ArePassedOn()
    {
        Assert.Equal(0, await RunAsync("train", "a", "b", "--steps", "10", "--vocabulary", "v.txt"));
        var request = Assert.IsType<TrainRequest>(_request);
        Assert.Equal(["a", "b"], request.Data.AsEnumerable());
        Assert.Equal((10, Path.GetFullPath("v.txt"), "pretraining"), (request.Steps, request.Vocabulary, request.Family));
        Assert.Equal(0, await RunAsync("train", "a", "--family", "vqa", "--init-model", "m"));
        request = (TrainRequest)_request!;
        Assert.Equal(("vqa", new InitialWeights(Path.GetFullPath("m"), null, null)), (request.Family, request.Initial));
    }

    [Fact]
    public async Task Train_InitialWeights_BringTheirVocabulary()
    {
        Assert.Equal(0, await RunAsync("train", "a", "--init-vision", "deit.pth", "--init-text", "bert/pytorch_model.bin"));
        var initial = Assert.IsType<TrainRequest>(_request).Initial;
        Assert.Equal(new InitialWeights(null, Path.GetFullPath("deit.pth"), Path.GetFullPath("bert/pytorch_model.bin")), initial);
        Assert.Equal(Path.GetFullPath("bert/vocab.txt"), initial.Vocabulary);
        Assert.Equal(0, await RunAsync("bootstrap", "web", "--clean", "people", "--init-text", "bert"));
        Assert.Equal(new InitialWeights(null, null, Path.GetFullPath("bert")), Assert.IsType<BootstrapRequest>(_request).Initial);
    }

    [Fact]
    public async Task Judge_Arguments_ArePassedOn()
    {
        Assert.Equal(0, await RunAsync("judge", "a.jpg", "b.jpg", "they are alike", "--model", "m"));
        var request = Assert.IsType<ImageRequest>(_request);
        Assert.Equal(["a.jpg", "b.jpg", "they are alike"], request.Images.Append(request.Text));
        Assert.Equal(0, await RunAsync("answer", "a.jpg", "what?", "--model", "m", "--answers", "a.txt"));
        Assert.Equal(Path.GetFullPath("a.txt"), ((ImageRequest)_request!).Answers);
    }

    [Fact]
    public async Task Features_Options_ArePassedOn()
    {
        Assert.Equal(0, await RunAsync("features", "a.jpg", "--model", "m", "--kind", "text", "--text", "a dog", "--projected"));
        var request = Assert.IsType<ImageRequest>(_request);
        Assert.Equal((FeatureKind.Text, "a dog", true), (request.Kind, request.Text, request.IsProjected));
    }

    [Fact]
    public async Task Classify_Options_ArePassedOn()
    {
        Assert.Equal(0, await RunAsync("classify", "a.jpg", "--model", "m", "--class", "dog", "cat", "--template", "a {}", "--template", "the {}"));
        var request = Assert.IsType<ImageRequest>(_request);
        Assert.Equal(["dog", "cat", "a {}", "the {}"], request.Classes.Concat(request.Templates));
        await RunAsync("classify", "a.jpg", "--model", "m", "--class", "dog", "--class", "cat");
        Assert.Equal(["dog", "cat", "a picture of a {}"], ((ImageRequest)_request!).Classes.Concat(((ImageRequest)_request).Templates));
    }

    [Fact]
    public async Task Bootstrap_Options_ArePassedOn()
    {
        Assert.Equal(0, await RunAsync("bootstrap", "web", "--clean", "people", "--threshold", "0.7", "--rounds", "2", "--steps", "30", "--finetuning-steps", "20"));
        var request = Assert.IsType<BootstrapRequest>(_request);
        Assert.Equal(["web", "people"], request.Web.Concat(request.Clean));
        Assert.Equal((0.7, 2, 30, 20), (request.Threshold, request.Rounds, request.Steps, request.FinetuningSteps));
    }

    [Fact]
    public async Task TokenizerTrain_Options_ArePassedOn()
    {
        Assert.Equal(0, await RunAsync("tokenizer", "train", "web", "-o", "v.txt", "--entries", "500"));
        var request = Assert.IsType<TokenizerTrainRequest>(_request);
        Assert.Equal((500, Path.GetFullPath("v.txt")), (request.EntriesMax, request.Out));
    }

    [Theory]
    [InlineData("--arms knows no 'some'", "demo", "--arms", "some")]
    [InlineData("--nodes is 0; give a number from 1 to 16", "demo", "--nodes", "0")]
    [InlineData("--threshold is 1.5; give a number from 0 to 1", "bootstrap", "x", "--clean", "y", "--threshold", "1.5")]
    [InlineData("--clean", "bootstrap", "x")]
    [InlineData("train", "train")]
    [InlineData("nonsense", "train", "x", "--family", "nonsense")]
    [InlineData("kind text and multimodal need --text", "features", "a.jpg", "--model", "m", "--kind", "text")]
    [InlineData("--kind", "features", "a.jpg", "--model", "m", "--kind", "sound")]
    [InlineData("--fork-step", "train", "x", "--fork", "y", "--fork-step", "last")]
    [InlineData("have no projection", "features", "a.jpg", "--model", "m", "--kind", "multimodal", "--text", "x", "--projected")]
    [InlineData("has no {}", "classify", "a.jpg", "--model", "m", "--class", "dog", "cat", "--template", "a dog")]
    [InlineData("--class", "classify", "a.jpg", "--model", "m", "--class", "dog")]
    [InlineData("--seed", "demo", "--seed", "one")]
    [InlineData("--top-p is 1.5; give a number from 0 to 1", "caption", "a.jpg", "--model", "m", "--nucleus", "--top-p", "1.5")]
    [InlineData("--top-k is 0; give a number from 1 to 1000000", "caption", "a.jpg", "--model", "m", "--nucleus", "--top-k", "0")]
    [InlineData("--top-k is for captions that are drawn; add --nucleus", "caption", "a.jpg", "--model", "m", "--top-k", "50")]
    [InlineData("--top-p is for captions that are drawn; add --nucleus", "caption", "a.jpg", "--model", "m", "--top-p", "0.5")]
    [InlineData("--repetition-penalty is 0.9; give a number from 1 to 10", "caption", "a.jpg", "--model", "m", "--repetition-penalty", "0.9")]
    [InlineData("--repetition-penalty is NaN; give a number from 1 to 10", "caption", "a.jpg", "--model", "m", "--repetition-penalty", "NaN")]
    [InlineData("--min-length is 9, more than --max-length, which is 8", "caption", "a.jpg", "--model", "m", "--min-length", "9", "--max-length", "8")]
    [InlineData("--min-length is 31, more than --max-length, which is 30", "caption", "a.jpg", "--model", "m", "--min-length", "31")]
    [InlineData("--min-length is -1; give a number from 0 to 512", "caption", "a.jpg", "--model", "m", "--min-length", "-1")]
    [InlineData("--min-length", "caption", "a.jpg", "--model", "m", "--min-length", "many")]
    [InlineData("--max-length is 1; give a number from 2 to 512", "caption", "a.jpg", "--model", "m", "--max-length", "1")]
    [InlineData("--frames is 0; give a number from 1 to 64", "caption", "a.mp4", "--model", "m", "--frames", "0")]
    [InlineData("--frames is 65; give a number from 1 to 64", "search", "clips", "x", "--model", "m", "--frames", "65")]
    [InlineData("--frames", "judge", "a.jpg", "b.jpg", "x", "--model", "m", "--frames", "8")]
    public async Task Any_OptionOutOfRange_ExitsWith2AndNamesIt(string expected, params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await RunAsync(arguments));
        Assert.Null(_request);
        Assert.Contains(expected, Assert.Single(_error.ToString().TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_AsJson_IsOneDocument()
    {
        Assert.Equal(0, await RunAsync("version", "--json"));
        using var document = System.Text.Json.JsonDocument.Parse(_output.ToString());
        Assert.StartsWith(".NET 10", document.RootElement.GetProperty("runtime").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_AnyCommand_NamesItsOptions()
    {
        Assert.Equal(0, await RunAsync("demo", "--help"));
        Assert.Contains("--arms <LIST>", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("--json", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ModelImport_Options_ArePassedOn()
    {
        Assert.Equal(0, await RunAsync("model", "import", "a.pth", "--family", "captioner", "--vocabulary", "v.txt", "--heads", "4", "--image-size", "96", "--prompt", "a picture of ", "--out", "m"));
        Assert.Equal(
            new ModelImportRequest
            {
                Source = Path.GetFullPath("a.pth"),
                Out = Path.GetFullPath("m"),
                Family = "captioner",
                Vocabulary = Path.GetFullPath("v.txt"),
                Heads = 4,
                ImageSize = 96,
                Prompt = "a picture of ",
            },
            _request);
    }

    [Fact]
    public async Task Caption_Options_ArePassedOn()
    {
        Assert.Equal(0, await RunAsync("caption", "a.jpg", "b/*.png", "--model", "m", "--nucleus", "--top-p", "0.5", "--seed", "7", "--max-length", "9", "--min-length", "2", "--beams", "4"));
        var request = Assert.IsType<ImageRequest>(_request);
        Assert.Equal(["a.jpg", "b/*.png"], request.Images.AsEnumerable());
        Assert.Equal((Path.GetFullPath("m"), true, 0.5, 7, 9, 2, 4), (request.Model, request.IsDrawn, request.TopP, request.Seed, request.LengthMax, request.LengthMin, request.Beams));
        Assert.Equal((null, 1), (request.TopK, request.RepetitionPenalty));
        Assert.Equal(0, await RunAsync("caption", "a.jpg", "--model", "m", "--nucleus", "--top-k", "50", "--repetition-penalty", "1.1"));
        Assert.Equal((50, 1.1), (((ImageRequest)_request!).TopK, ((ImageRequest)_request).RepetitionPenalty));
    }

    [Theory]
    [InlineData("match", 30, 10)]
    [InlineData("answer", 10, 10)]
    [InlineData("search", 30, 3, "--count", "3")]
    public async Task Text_OnPictures_IsPassedOn(string command, int lengthMax, int count, params string[] more)
    {
        Assert.Equal(0, await RunAsync([command, "dir", "a red circle", "-m", "m", .. more]));
        var request = Assert.IsType<ImageRequest>(_request);
        Assert.Equal(["dir"], request.Images.AsEnumerable());
        Assert.Equal(("a red circle", lengthMax, count), (request.Text, request.LengthMax, request.Count));
    }

    [Theory]
    [InlineData("caption", "a.mp4")]
    [InlineData("match", "a.mp4", "a red circle")]
    [InlineData("answer", "a.mp4", "what is it?")]
    [InlineData("search", "clips", "a red circle")]
    [InlineData("features", "a.mp4")]
    [InlineData("classify", "a.mp4", "--class", "dog", "cat")]
    public async Task Frames_OfVideos_ArePassedOn_AndNoneWithoutThem(params string[] arguments)
    {
        Assert.Equal(0, await RunAsync([.. arguments, "--model", "m", "--frames", "8"]));
        Assert.Equal(8, Assert.IsType<ImageRequest>(_request).Frames);
        Assert.Equal(0, await RunAsync([.. arguments, "--model", "m"]));
        Assert.Null(Assert.IsType<ImageRequest>(_request).Frames);
    }

    [Fact]
    public async Task Caption_WithoutAModel_IsRefused() => Assert.Equal(ExitCode.Usage, await RunAsync("caption", "a.jpg"));

    [Fact]
    public async Task ModelExport_Options_ArePassedOn()
    {
        Assert.Equal(0, await RunAsync("model", "export", "m", "--out", "hf", "--family", "filter"));
        Assert.Equal(new ModelExportRequest(Path.GetFullPath("m"), Path.GetFullPath("hf"), "filter"), _request);
        Assert.Equal(ExitCode.Usage, await RunAsync("model", "export", "m", "--family", "nlvr"));
    }

    private Task<int> RunAsync(params string[] arguments)
    {
        Task<int> Keep(object request, JobConsole console, CancellationToken cancellation)
        {
            (_request, _json) = (request, console.IsJson);
            return Task.FromResult(0);
        }
        BlipRootCommand root =
        [
            DemoCommand.Create(Keep), TrainCommand.Create(Keep), BootstrapCommand.Create(Keep), TokenizerCommand.Create(Keep), ModelCommand.Create(Keep, Keep, Keep), ImageCommands.Caption(Keep), ImageCommands.Match(Keep),
            ImageCommands.Answer(Keep), ImageCommands.Search(Keep), ImageCommands.Judge(Keep), ImageCommands.Features(Keep), ImageCommands.Classify(Keep), VersionCommand.Create(),
        ];
        return CommandRunner.RunAsync(root, arguments, _output, _error);
    }
}
