using System.Text.Json;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Cli.Progress;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;

namespace OrleansBlip.Cli.Tests.Jobs;

/// <summary>Weights from and to elsewhere, from the command line to what it writes and prints.</summary>
public sealed class ModelJobTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("blip-models").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    [Theory, InlineData("captioner"), InlineData("pretraining"), InlineData("vqa")]
    public async Task Import_OfAPth_HoldsItsWeights(string family)
    {
        SavePth("blip.pth", family, ("image_queue", [1, 2, 3, 4], [2, 2]), ("queue_ptr", [0], [1]));
        TinyModel.Words.Save(In("vocab.txt"));
        var result = await ResultAsync("model", "import", In("blip.pth"), "--out", In("model"), "--heads", "2", "--prompt", "a picture of ");
        Assert.Equal((family, "", "image_queue, queue_ptr"), (Text(result, "family"), Text(result, "initialized"), Text(result, "ignored")));

        var imported = ModelFolder.Open(In("model"));
        Assert.Equal((Text(result, "weightsSha256"), "a picture of ", 4), (imported.WeightsSha256, imported.DataSpec.Prompt, imported.Spec.PromptLength));
        using var back = imported.Load();
        using var original = TinyModel.Initialized(family);
        Assert.Equal(original.Weights.data<float>().ToArray(), back.Weights.data<float>().ToArray());
        Assert.Equal(original.Momentum.data<float>().ToArray(), back.Momentum.data<float>().ToArray());
    }

    [Fact]
    public async Task Import_OfAPthThatDoesNotFit_NamesAllOfItAndWritesNothing()
    {
        SavePth("blip.pth", "captioner", ("visual_encoder.blocks.0.norm1.bias", [1, 2], [2]), ("text_decoder.bert.pooler.dense.bias", [1], [1]), ("visual_encoder.norm.bias", [], null));
        TinyModel.Words.Save(In("vocab.txt"));
        Assert.Equal(ExitCode.Failed, await RunAsync("model", "import", In("blip.pth"), "--out", In("model"), "--heads", "2"));
        Assert.All(
            ["Missing: visual_encoder.norm.bias.", "Other shape: visual_encoder.blocks.0.norm1.bias [2], the model's is [32].", "Not in the model: text_decoder.bert.pooler.dense.bias."],
            part => Assert.Contains(part, _error.ToString(), StringComparison.Ordinal));
        Assert.False(Directory.Exists(In("model")));
    }

    [Fact]
    public async Task Import_ShowsHowFarItIs_ButNotWhenQuiet()
    {
        SavePth("blip.pth", "captioner");
        TinyModel.Words.Save(In("vocab.txt"));
        var count = BlipModel.LayoutOf(Families.Compose(TinyModel.Spec("captioner"))).Entries.Length;
        Assert.Equal(ExitCode.Ok, await RunAsync("model", "import", In("blip.pth"), "--out", In("model"), "--heads", "2"));
        Assert.Equal([$"read tensors: 0/{count}", $"read tensors: {count}/{count}", $"write tensors: 0/{count}", $"write tensors: {count}/{count}"], Lines());
        _error.GetStringBuilder().Clear();
        Assert.Equal(ExitCode.Ok, await RunAsync("model", "import", In("blip.pth"), "--out", In("again"), "--heads", "2", "--quiet"));
        Assert.Empty(Lines());
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Import_Stopped_EndsAtTheNextTensorAndLeavesNoModel(bool isWriting)
    {
        SavePth("blip.pth", "captioner");
        TinyModel.Words.Save(In("vocab.txt"));
        using var stop = new CancellationTokenSource();
        await using var view = new StoppingView(stop, isWriting ? "write tensors" : "read tensors");
        var import = new ModelImport { Source = In("blip.pth"), Heads = 2, Progress = new TensorProgressView(view, stop.Token) };
        Assert.Throws<OperationCanceledException>(() => import.Run(In("model")));
        Assert.Equal(2, view.Last!.Step);
        Assert.False(Directory.Exists(In("model")));
        Assert.Equal(ExitCode.Ok, await RunAsync("model", "import", In("blip.pth"), "--out", In("model"), "--heads", "2"));
    }

    [Fact]
    public async Task Export_ThenInspectAndImport_GiveTheSameModel()
    {
        var model = TinyModel.Save(In("model"), "captioner", "a picture of ");
        var exported = await ResultAsync("model", "export", In("model"), "--out", In("hf"));
        Assert.Equal((In("hf"), "captioner", model.WeightsSha256), (Text(exported, "exported"), Text(exported, "family"), Text(exported, "weightsSha256")));
        Assert.Contains(Lines(), line => line.StartsWith("read tensors: 0/", StringComparison.Ordinal));
        Assert.Contains(Lines(), line => line.StartsWith("write tensors: 0/", StringComparison.Ordinal));
        foreach (var file in new[] { "model.safetensors", "config.json", "tokenizer.json", "vocab.txt" }) Assert.True(File.Exists(Path.Combine(In("hf"), file)), file);

        var (there, here) = (await ResultAsync("model", "inspect", In("hf")), await ResultAsync("model", "inspect", In("model")));
        foreach (var name in new[] { "family", "vision", "text" }) Assert.Equal(Text(here, name), Text(there, name));
        Assert.Equal("32 pixels, patches of 16, 32 wide, 2 deep, 2 heads", Text(here, "vision"));
        var layout = BlipModel.LayoutOf(Families.Compose(model.Spec));
        Assert.Equal((layout.ElementCount, layout.Entries.Length), (here.GetProperty("parameters").GetInt64(), here.GetProperty("tensors").GetInt32()));
        Assert.Equal((model.WeightsSha256, JsonValueKind.Null), (Text(here, "weightsSha256"), there.GetProperty("weightsSha256").ValueKind));

        var imported = await ResultAsync("model", "import", In("hf"), "--out", In("back"), "--prompt", "a picture of ");
        Assert.Equal(model.WeightsSha256, Text(imported, "weightsSha256"));
    }

    [Fact]
    public async Task Inspect_OfAPth_TellsItsSizes()
    {
        SavePth("blip.pth", "filter");
        var result = await ResultAsync("model", "inspect", In("blip.pth"));
        Assert.Equal(("filter", $"{TinyModel.Words.Count} pieces, 32 wide, 2 deep, 1 heads", JsonValueKind.Null), (Text(result, "family"), Text(result, "text"), result.GetProperty("weightsSha256").ValueKind));
        Assert.Equal(TensorCountOf("filter"), result.GetProperty("tensors").GetInt32());
        Assert.Contains($"read tensors: {TensorCountOf("filter")}/{TensorCountOf("filter")}", Lines());
    }

    [Fact]
    public async Task Export_OfWhatTheLibraryHasNoClassFor_IsRefused()
    {
        TinyModel.Save(In("model"), "pretraining");
        Assert.Equal(ExitCode.Usage, await RunAsync("model", "export", In("model"), "--out", In("hf")));
        Assert.Contains("give captioner or filter by --family", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, await RunAsync("model", "export", In("model"), "--out", In("hf"), "--family", "filter"));
        Assert.Equal(ExitCode.Conflict, await RunAsync("model", "export", In("model"), "--out", In("hf"), "--family", "filter"));
    }

    [Fact]
    public async Task Any_OfWhatIsNotThere_IsNotFound()
    {
        Assert.Equal(ExitCode.NotFound, await RunAsync("model", "import", In("absent.pth"), "--out", In("model")));
        Assert.Equal(ExitCode.NotFound, await RunAsync("model", "inspect", In("absent.pth")));
        Assert.Contains($"There are no weights at '{In("absent.pth")}'", _error.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static int TensorCountOf(string family) => BlipModel.LayoutOf(Families.Compose(TinyModel.Spec(family))).Entries.Sum(entry => entry.MomentumName is null ? 1 : 2);

    private static string Text(JsonElement result, string name) => result.GetProperty(name).GetString()!;

    private string In(string name) => Path.Combine(_folder, name);

    private string[] Lines() => _error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    // The model's own tensors, others of their names in their place (none where there is no shape), and more.
    private void SavePth(string file, string family, params (string Name, float[] Values, long[]? Shape)[] others)
    {
        using var model = TinyModel.Initialized(family);
        var names = model.Layout.Entries.SelectMany(entry => entry.MomentumName is { } copy ? new[] { entry.Name, copy } : [entry.Name]);
        PickledCheckpoint.Write(
            In(file),
            [
                .. names.Where(name => others.All(other => other.Name != name)).Select(name => (name, model.Find(name)!.reshape(-1).data<float>().ToArray(), model.Find(name)!.shape)),
                .. others.Where(other => other.Shape is not null).Select(other => (other.Name, other.Values, other.Shape!)),
            ]);
    }

    private async Task<JsonElement> ResultAsync(params string[] arguments)
    {
        _output.GetStringBuilder().Clear();
        Assert.True(await RunAsync([.. arguments, "--json"]) == ExitCode.Ok, _error.ToString());
        using var document = JsonDocument.Parse(_output.ToString());
        return document.RootElement.Clone();
    }

    private Task<int> RunAsync(params string[] arguments)
    {
        BlipRootCommand root = [ModelCommand.Create(ModelJobs.Import, ModelJobs.Export, ModelJobs.Inspect)];
        return CommandRunner.RunAsync(root, arguments, _output, _error);
    }

    // Stops a job once two tensors are read or written.
    private sealed class StoppingView(CancellationTokenSource stop, string phase) : IProgressView
    {
        public PhaseProgress? Last { get; private set; }

        public void Report(PhaseProgress progress)
        {
            Last = progress;
            if (progress.Phase == phase && progress.Step == 2) stop.Cancel();
        }

        public void Note(string line)
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
