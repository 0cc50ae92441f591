using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model;
using TorchSharp;

namespace OrleansBlip.Cli.Tests.Jobs;

/// <summary><c>--init-vision</c> and <c>--init-text</c> of the files in which a ViT and BERT are published.</summary>
public sealed class InitialWeightsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("blip-initial").FullName;
    private readonly StringWriter _error = new();
    private readonly BlipModel _donor = TinyModel.Initialized("captioner", seed: 50);

    public InitialWeightsTests()
    {
        Directory.CreateDirectory(In("bert"));
        TinyModel.Words.Save(In("bert", "vocab.txt"));
        SavePickled(In("deit.pth"), "visual_encoder.");
        SavePickled(In("bert", "pytorch_model.bin"), "text_decoder.");
    }

    [Fact]
    public async Task Prepare_OfAPthAndABin_TakesBothAndTellsWhatBeginsAnew()
    {
        var folder = await PrepareAsync("--init-vision", In("deit.pth"), "--init-text", In("bert", "pytorch_model.bin"));
        using var model = folder.Load();
        foreach (var (name, origin) in new[]
        {
            ("visual_encoder.blocks.1.attn.qkv.weight", "visual_encoder.blocks.1.attn.qkv.weight"),
            ("visual_encoder_m.pos_embed", "visual_encoder.pos_embed"),
            ("text_encoder.encoder.layer.0.attention.self.query.weight", "text_decoder.bert.encoder.layer.0.attention.self.query.weight"),
            ("text_decoder.cls.predictions.transform.dense.weight", "text_decoder.cls.predictions.transform.dense.weight"),
        })
            Assert.True(Same(_donor.Find(origin)!, model.Find(name)!), name);
        using var drawn = TinyModel.Initialized("pretraining", seed: 3);
        Assert.True(Same(drawn.Find("vision_proj.weight")!, model.Find("vision_proj.weight")!));
        Assert.Matches(@"^\d+ tensors are in none of the given weights and begin anew: .*vision_proj\.weight", _error.ToString());
        Assert.DoesNotContain("visual_encoder.", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prepare_OfAPthAlone_DrawsTheTexts()
    {
        var folder = await PrepareAsync("--init-vision", In("deit.pth"));
        using var model = folder.Load();
        using var drawn = TinyModel.Initialized("pretraining", seed: 3);
        Assert.True(Same(_donor.Find("visual_encoder.norm.weight")!, model.Find("visual_encoder.norm.weight")!));
        Assert.True(Same(drawn.Find("text_encoder.encoder.layer.0.attention.self.query.weight")!, model.Find("text_encoder.encoder.layer.0.attention.self.query.weight")!));
        Assert.Contains("text_encoder.encoder.layer.0.attention.self.query.weight", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prepare_OfAPthOfSomethingElse_IsRefused()
    {
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => PrepareAsync("--init-text", In("deit.pth")));
        Assert.Contains($"'{In("deit.pth")}' holds no tensor of BERT", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(In("out", "initial")));
    }

    [Fact]
    public async Task Vocabulary_LiesBesideTheTexts()
    {
        var initial = await ParseAsync("--init-vision", In("deit.pth"), "--init-text", In("bert", "pytorch_model.bin"));
        Assert.Equal(TinyModel.Words.Sha256, Vocabulary.Load(initial.Initial.Vocabulary!).Sha256);
        Assert.Null((await ParseAsync("--init-vision", In("deit.pth"))).Initial.Vocabulary);
    }

    public void Dispose()
    {
        _donor.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static bool Same(torch.Tensor a, torch.Tensor b)
    {
        using var scope = torch.NewDisposeScope();
        return a.equal(b).all().item<bool>();
    }

    private string In(params string[] parts) => Path.Combine([_folder, .. parts]);

    private void SavePickled(string path, string prefix) => PickledCheckpoint.Write(
        path,
        [
            .. _donor.Layout.Entries.Select(entry => entry.Name)
                .Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && !name.Contains("crossattention", StringComparison.Ordinal))
                .Select(name => (name[prefix.Length..], _donor.Find(name)!.reshape(-1).data<float>().ToArray(), _donor.Find(name)!.shape)),
        ]);

    private async Task<ModelFolder> PrepareAsync(params string[] options)
    {
        var (initial, console) = await ParseAsync(options);
        var training = Client.Recipes.Recipes.Of("grid", "pretraining", TinyModel.Words.Count, TinyModel.Words.Sha256, seed: 3);
        return initial.Prepare(training with { Model = TinyModel.Spec("pretraining").ToJson(), Data = TinyModel.Data().ToJson() }, TinyModel.Words, In("out"), console)!;
    }

    // As 'blip train' reads its options.
    private async Task<(InitialWeights Initial, JobConsole Console)> ParseAsync(params string[] options)
    {
        (InitialWeights, JobConsole)? parsed = null;
        BlipRootCommand root =
        [
            TrainCommand.Create((request, console, _) =>
            {
                parsed = (request.Initial, console);
                return Task.FromResult(ExitCode.Ok);
            }),
        ];
        Assert.True(await CommandRunner.RunAsync(root, ["train", "data", .. options], TextWriter.Null, _error) == ExitCode.Ok, _error.ToString());
        return parsed!.Value;
    }
}
