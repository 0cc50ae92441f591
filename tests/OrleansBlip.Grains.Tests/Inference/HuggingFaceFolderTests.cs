using System.Text.Json;
using OrleansBlip.Data.Images;
using OrleansBlip.Data.Loading;
using OrleansBlip.Golden;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Grains.Tests.Inference;

public sealed class HuggingFaceFolderTests(TinyWorld world) : IClassFixture<TinyWorld>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hf").FullName;

    [Theory]
    [InlineData("captioner")]
    [InlineData("vqa")]
    public void Export_ThenImport_GivesTheSameWeights(string family)
    {
        var model = world.Model(family);
        HuggingFaceExport.Write(model, family, At("hf"));
        var (imported, initialized, ignored) = new ModelImport { Source = At("hf"), Prompt = model.DataSpec.Prompt }.Run(At("back"));
        Assert.Equal(model.WeightsSha256, imported.WeightsSha256);
        Assert.Equal(model.Spec.Text.Heads, imported.Spec.Text.Heads);
        Assert.Equal(model.Vocabulary.Sha256, imported.Vocabulary.Sha256);
        Assert.Empty(initialized);
        Assert.Empty(ignored);
    }

    [Fact]
    public void Export_FilterThenImport_BeginsMomentumAndTemperatureAnew()
    {
        var model = world.Model("filter");
        HuggingFaceExport.Write(model, "filter", At("hf"));
        var (imported, initialized, ignored) = new ModelImport { Source = At("hf") }.Run(At("back"));
        Assert.Empty(ignored);
        Assert.Contains("temp", initialized);
        Assert.All(initialized, name => Assert.True(name == "temp" || name.Contains("_m.", StringComparison.Ordinal), name));
        using var original = model.Load();
        using var back = imported.Load();
        foreach (var entry in original.Layout.Entries.Where(entry => entry.Name != "temp"))
        {
            Assert.True(original.Find(entry.Name)!.equal(back.Find(entry.Name)!).all().item<bool>(), entry.Name);
            if (entry.MomentumName is { } copy) Assert.True(back.Find(copy)!.equal(back.Find(entry.Name)!).all().item<bool>(), copy);
        }
    }

    [Theory]
    [InlineData("captioner")]
    [InlineData("vqa")]
    public void Export_HeadThatIsTiedToTheEmbeddings_IsWrittenBesideThem(string family)
    {
        HuggingFaceExport.Write(world.Model(family), family, At("hf"));
        using var weights = SafetensorsFile.Open(Path.Combine(At("hf"), "model.safetensors"));
        Assert.Equal(weights.Read<float>("text_decoder.bert.embeddings.word_embeddings.weight"), weights.Read<float>("text_decoder.cls.predictions.decoder.weight"));
    }

    [GoldenTheory("n-hf-blip")]
    [Trait("Category", "Parity")]
    [InlineData("captioner", "weights.caption.safetensors")]
    [InlineData("filter", "weights.itm.safetensors")]
    public void Export_OfACaptionerOrFilter_HoldsWhatTheLibraryItselfWrites(string family, string file)
    {
        HuggingFaceExport.Write(world.Model(family), family, At("hf"));
        using var written = SafetensorsFile.Open(Path.Combine(At("hf"), "model.safetensors"));
        using var library = SafetensorsFile.Open(Path.Combine(GoldenFolder.Case("n-hf-blip"), file));
        // Positions are counted, and the bias of the head is one object with another, in each version of the library.
        var expected = Names(library).Where(name => !name.EndsWith("position_ids", StringComparison.Ordinal) && !name.EndsWith("predictions.decoder.bias", StringComparison.Ordinal));
        Assert.Equal(expected, Names(written));

        static IEnumerable<string> Names(SafetensorsFile weights) =>
            weights.Tensors.Keys.Select(name => string.Join('.', name.Split('.').Select(part => int.TryParse(part, out _) ? "N" : part))).Distinct().Order(StringComparer.Ordinal);
    }

    [Fact]
    public void Export_OfAVocabularyWithoutMask_SaysThatThereIsNone()
    {
        var model = world.Model("captioner");
        Assert.DoesNotContain("[MASK]", model.Vocabulary.Pieces);
        HuggingFaceExport.Write(model, "captioner", At("hf"));
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(At("hf"), "tokenizer_config.json")));
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("mask_token").ValueKind);
    }

    [Fact]
    public void Import_WithoutVocabTxt_ReadsTheWordsOfTheExportedTokenizerJson()
    {
        var model = world.Model("captioner");
        HuggingFaceExport.Write(model, "captioner", At("hf"));
        File.Delete(Path.Combine(At("hf"), "vocab.txt"));
        var (imported, _, _) = new ModelImport { Source = At("hf") }.Run(At("back"));
        Assert.Equal(model.Vocabulary.Sha256, imported.Vocabulary.Sha256);
    }

    [Fact]
    public void Import_OfPicturesNormalisedOtherwise_KeepsThat()
    {
        HuggingFaceExport.Write(world.Model("captioner"), "captioner", At("hf"));
        var path = Path.Combine(At("hf"), "preprocessor_config.json");
        var normalization = new PixelNormalization { Means = [0.5f, 0.25f, 0.125f], Deviations = [0.5f, 0.5f, 0.75f] };
        File.WriteAllText(path, HuggingFacePreprocessor.Write(new DataSpec { ImageSize = 48, Normalization = normalization }));
        var (imported, _, _) = new ModelImport { Source = At("hf") }.Run(At("back"));
        Assert.Equal(normalization, imported.DataSpec.Normalization);
    }

    [Theory]
    [InlineData("""{"do_normalize": false}""", "do_normalize is false")]
    [InlineData("""{"resample": 2}""", "resample must be 3")]
    [InlineData("""{"rescale_factor": 1.0}""", "rescale_factor must be 1/255")]
    [InlineData("""{"image_std": [1, 0, 1]}""", "above 0")]
    [InlineData("""{"image_mean": "grey"}""", "cannot be read")]
    [InlineData("[", "cannot be read")]
    public void Import_OfPicturesPreparedInAWayThatIsNotDoneHere_IsRefused(string preprocessor, string reason)
    {
        HuggingFaceExport.Write(world.Model("captioner"), "captioner", At("hf"));
        File.WriteAllText(Path.Combine(At("hf"), "preprocessor_config.json"), preprocessor);
        var error = Assert.Throws<InvalidDataException>(() => new ModelImport { Source = At("hf") }.Run(At("back")));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(At("back")));
    }

    [Theory]
    [InlineData("captioner")]
    [InlineData("filter")]
    public void Export_PartOfAPretrainingModel_HoldsItsTensorsUnderHuggingFacesNames(string family)
    {
        HuggingFaceExport.Write(world.Model("pretraining"), family, At("hf"));
        using var weights = SafetensorsFile.Open(Path.Combine(At("hf"), "model.safetensors"));
        Assert.Equal("pt", weights.Metadata["format"]);
        Assert.Contains("vision_model.encoder.layers.1.self_attn.projection.weight", weights.Tensors.Keys);
        Assert.DoesNotContain(weights.Tensors.Keys, name => name.StartsWith("visual_encoder", StringComparison.Ordinal) || name.Contains("_m.", StringComparison.Ordinal));
        foreach (var file in new[] { "config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json" })
            using (var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(At("hf"), file)))) Assert.Equal(JsonValueKind.Object, json.RootElement.ValueKind);
        Assert.StartsWith("---\n", File.ReadAllText(Path.Combine(At("hf"), "README.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Import_WithoutATensor_NamesItAndWritesNothing()
    {
        HuggingFaceExport.Write(world.Model("captioner"), "captioner", At("hf"));
        var path = Path.Combine(At("hf"), "model.safetensors");
        var without = new MemoryStream();
        using (var weights = SafetensorsFile.Open(path))
            SafetensorsFile.Write(without, weights.Tensors.Where(tensor => !tensor.Key.EndsWith("mlp.fc2.bias", StringComparison.Ordinal)).Select(tensor => TensorData.Of<float>(tensor.Key, weights.Read<float>(tensor.Key), tensor.Value.Shape.AsSpan())));
        File.WriteAllBytes(path, without.ToArray());
        var error = Assert.Throws<InvalidDataException>(() => new ModelImport { Source = At("hf") }.Run(At("back")));
        Assert.Contains("visual_encoder.blocks.0.mlp.fc2.bias", error.Message, StringComparison.Ordinal);
        Assert.Contains("visual_encoder.blocks.1.mlp.fc2.bias", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(At("back")));
    }

    [Fact]
    public void Import_ForLargerPictures_ResamplesPositions()
    {
        HuggingFaceExport.Write(world.Model("captioner"), "captioner", At("hf"));
        var (imported, _, _) = new ModelImport { Source = At("hf"), ImageSize = 96 }.Run(At("back"));
        using var model = imported.Load();
        Assert.Equal([1L, 37, imported.Spec.Vision.Width], model.Find("visual_encoder.pos_embed")!.shape);
        Assert.Equal(96, imported.DataSpec.ImageSize);
    }

    [Theory]
    [InlineData("pretraining")]
    [InlineData("captioner")]
    [InlineData("filter")]
    [InlineData("vqa")]
    [InlineData("nlvr")]
    public void Infer_ByTensorsAlone_TellsFamilyAndSizes(string family)
    {
        var model = world.Model(family);
        using var weights = TensorFiles.Open(model.Path);
        var spec = SpecOfTensors.Infer(weights, heads: model.Spec.Vision.Heads);
        var standard = model.Spec with
        {
            Vision = model.Spec.Vision with { InitialStandardDeviation = spec.Vision.InitialStandardDeviation },
            Text = model.Spec.Text with { InitialStandardDeviation = spec.Text.InitialStandardDeviation },
        };
        Assert.Equal((standard.Family, standard.Vision, standard.Text), (spec.Family, spec.Vision, spec.Text));
        if (family is "pretraining" or "filter") Assert.Equal(standard.FeatureWidth, spec.FeatureWidth);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string At(string name) => Path.Combine(_folder, name);
}
