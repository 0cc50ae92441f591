using OrleansBlip.Grains.Inference;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Vision;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Grains.Tests.Inference;

/// <summary>Weights of a ViT and of BERT as their authors name them, made here of another model's.</summary>
public sealed class StartingPointTests(TinyWorld world) : IClassFixture<TinyWorld>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("start").FullName;
    private readonly DisposeScope _scope = torch.NewDisposeScope();

    [Fact]
    public void Write_VisionAndText_TakesBothAndDrawsTheRest()
    {
        using var donor = Donor("captioner", seed: 50);
        var (folder, initialized) = Start(SaveVit(donor), SaveBert(donor, "LayerNorm.weight", "LayerNorm.bias")).Write(At("initial"));
        using var model = folder.Load();
        foreach (var entry in model.Layout.Entries)
        {
            var name = entry.Name.Replace("text_encoder.", "text_decoder.bert.", StringComparison.Ordinal);
            var isGiven = name.StartsWith("visual_encoder.", StringComparison.Ordinal) || (name.StartsWith("text_decoder.", StringComparison.Ordinal) && !name.Contains("crossattention", StringComparison.Ordinal));
            Assert.Equal(!isGiven, initialized.Contains(entry.Name));
            if (isGiven && !IsGrown(name)) Assert.True(model.Find(entry.Name)!.equal(donor.Find(name)!).all().item<bool>(), entry.Name);
            if (entry.MomentumName is { } copy) Assert.True(model.Find(copy)!.equal(model.Find(entry.Name)!).all().item<bool>(), copy);
        }
        // BERT's words, then [DEC] and [ENC] as the seed draws them.
        using var drawn = Donor("pretraining", seed: 1);
        const string Words = "text_encoder.embeddings.word_embeddings.weight";
        var (words, rows) = (model.Find(Words)!, world.Vocabulary.Count);
        Assert.True(words.narrow(0, 0, rows - 2).equal(donor.Find("text_decoder.bert.embeddings.word_embeddings.weight")!.narrow(0, 0, rows - 2)).all().item<bool>());
        Assert.True(words.narrow(0, rows - 2, 2).equal(drawn.Find(Words)!.narrow(0, rows - 2, 2)).all().item<bool>());
        Assert.Contains("vision_proj.weight", initialized);
    }

    [Theory]
    [InlineData("vqa", "text_decoder.bert.encoder.layer.0.crossattention.self.query.weight", "text_encoder.encoder.layer.0.crossattention.self.query.weight")]
    [InlineData("vqa", "text_decoder.bert.encoder.layer.1.attention.self.key.bias", "text_decoder.bert.encoder.layer.1.attention.self.key.bias")]
    [InlineData("nlvr", "text_encoder.encoder.layer.0.crossattention.self1.value.weight", "text_encoder.encoder.layer.0.crossattention.self.value.weight")]
    [InlineData("nlvr", "text_encoder.encoder.layer.1.crossattention.output.dense0.bias", "text_encoder.encoder.layer.1.crossattention.output.dense.bias")]
    [InlineData("visdial", "caption_encoder.embeddings.word_embeddings.weight", "text_encoder.embeddings.word_embeddings.weight")]
    [InlineData("filter", "visual_encoder_m.blocks.0.norm1.weight", "visual_encoder_m.blocks.0.norm1.weight")]
    public void Write_FromAPretrainedModel_TakesWhatFits(string family, string name, string origin)
    {
        var pretrained = world.Model("pretraining");
        var (folder, initialized) = new StartingPoint { Spec = world.Model(family).Spec, Data = pretrained.DataSpec, Vocabulary = world.Vocabulary, Seed = 9, Model = pretrained.Path }.Write(At("initial"));
        using var original = pretrained.Load();
        using var model = folder.Load();
        Assert.True(original.Find(origin)!.equal(model.Find(name)!).all().item<bool>());
        // What a pre-training has no counterpart of is drawn, and nothing else.
        string[] expected = family == "nlvr" ? ["cls_head.0.bias", "cls_head.0.weight", "cls_head.2.bias", "cls_head.2.weight"] : [];
        Assert.Equal(expected, initialized.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Write_OldNamesOfNorms_AreUnderstood()
    {
        using var donor = Donor("captioner", seed: 50);
        var (modern, _) = Start(null, SaveBert(donor, "LayerNorm.weight", "LayerNorm.bias")).Write(At("modern"));
        var (old, initialized) = Start(null, SaveBert(donor, "LayerNorm.gamma", "LayerNorm.beta")).Write(At("old"));
        Assert.Equal(modern.WeightsSha256, old.WeightsSha256);
        Assert.DoesNotContain(initialized, name => name.Contains("attention.output.LayerNorm", StringComparison.Ordinal) && !name.Contains("crossattention", StringComparison.Ordinal));
    }

    [Fact]
    public void Write_VitOfLargerPictures_ResamplesPositions()
    {
        using var donor = Donor("captioner", seed: 50, imageSize: 96);
        var (folder, _) = Start(SaveVit(donor), null).Write(At("initial"));
        using var model = folder.Load();
        Assert.True(torch.allclose(PositionEmbedding.Interpolate(donor.Find("visual_encoder.pos_embed")!, 9), model.Find("visual_encoder.pos_embed")!, rtol: 0, atol: 0));
    }

    [Fact]
    public void Write_WeightsThatDoNotFit_NamesAllAndWritesNothing()
    {
        using var donor = Donor("captioner", seed: 50, width: 32);
        var error = Assert.Throws<InvalidDataException>(() => Start(SaveVit(donor), null).Write(At("initial")));
        Assert.Contains("blocks.0.attn.qkv.weight [96, 32], visual_encoder.blocks.0.attn.qkv.weight is [192, 64]", error.Message, StringComparison.Ordinal);
        Assert.Contains("blocks.1.norm2.bias", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(At("initial")));
    }

    [Fact]
    public void Write_WeightsOfAnotherKind_IsRefused()
    {
        using var donor = Donor("captioner", seed: 50);
        Assert.Contains("no tensor of a ViT", Assert.Throws<InvalidDataException>(() => Start(SaveBert(donor, "LayerNorm.weight", "LayerNorm.bias"), null).Write(At("a"))).Message, StringComparison.Ordinal);
        Assert.Contains("no tensor of BERT", Assert.Throws<InvalidDataException>(() => Start(null, SaveVit(donor)).Write(At("b"))).Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _scope.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static bool IsGrown(string name) => name.EndsWith("word_embeddings.weight", StringComparison.Ordinal) || name.EndsWith("predictions.bias", StringComparison.Ordinal);

    private string At(string name) => Path.Combine(_folder, name);

    private StartingPoint Start(string? vision, string? text)
    {
        var like = world.Model("pretraining");
        return new StartingPoint { Spec = like.Spec, Data = like.DataSpec, Vocabulary = world.Vocabulary, Seed = 1, Vision = vision, Text = text };
    }

    private BlipModel Donor(string family, ulong seed, int imageSize = 48, int width = 64)
    {
        var spec = world.Model(family).Spec;
        var model = new BlipModel(Families.Compose(spec with { Vision = spec.Vision with { ImageSize = imageSize, Width = width }, Text = spec.Text with { Width = width } }));
        model.Initialize(seed);
        return model;
    }

    private string SaveVit(BlipModel donor) => Save("vit.safetensors", donor.Layout.Entries
        .Where(entry => entry.Name.StartsWith("visual_encoder.", StringComparison.Ordinal))
        .Select(entry => (entry.Name["visual_encoder.".Length..], donor.Find(entry.Name)!)));

    // Without the two words that BLIP adds, nor cross-attention, which BERT has not.
    private string SaveBert(BlipModel donor, string scale, string shift) => Save($"bert-{scale}.safetensors", donor.Layout.Entries
        .Where(entry => entry.Name.StartsWith("text_decoder.", StringComparison.Ordinal) && !entry.Name.Contains("crossattention", StringComparison.Ordinal))
        .Select(entry => (
            entry.Name.Replace("text_decoder.", "", StringComparison.Ordinal).Replace("LayerNorm.weight", scale, StringComparison.Ordinal).Replace("LayerNorm.bias", shift, StringComparison.Ordinal),
            IsGrown(entry.Name) ? donor.Find(entry.Name)!.narrow(0, 0, entry.Shape[0] - 2) : donor.Find(entry.Name)!)));

    private string Save(string file, IEnumerable<(string Name, torch.Tensor Tensor)> tensors)
    {
        using var stream = File.Create(At(file));
        SafetensorsFile.Write(stream, tensors.Select(pair => TensorData.Of<float>(pair.Name, pair.Tensor.contiguous().data<float>().ToArray(), pair.Tensor.shape)));
        return At(file);
    }
}
