using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Tests.Compositions;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Weights;

/// <summary>Loading takes what fits and tells what does not, all of it, by name.</summary>
public sealed class LoadReportTests : IDisposable
{
    private const string Owner = "text_encoder.embeddings.LayerNorm.weight", Tied = "text_decoder.bert.embeddings.LayerNorm.weight";

    private static readonly Composition Pretraining = Families.Pretraining(new ModelSpec { Vision = CompositionTests.Vision, Text = CompositionTests.Text, FeatureWidth = 8 });

    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".safetensors");
    private readonly DisposeScope _scope = torch.NewDisposeScope();
    private readonly Dictionary<string, (float[] Values, long[] Shape)> _tensors = [];
    private readonly BlipModel _model = new(Pretraining);

    public LoadReportTests()
    {
        using var donor = new BlipModel(Pretraining);
        donor.Initialize(seed: 5);
        foreach (var entry in donor.Layout.Entries)
        {
            Give(entry.Name);
            if (entry.MomentumName is { } copy) Give(copy);
        }

        void Give(string name) => _tensors.Add(name, (donor.Find(name)!.reshape(-1).data<float>().ToArray(), donor.Find(name)!.shape));
    }

    [Fact]
    public void Load_OfWhatFits_ReportsNothing()
    {
        var report = Load().RequireComplete("it");
        Assert.Empty(report.Missing.Concat(report.Surplus).Concat(report.Misshaped).Concat(report.Untied));
        Assert.Equal(_tensors[Owner].Values, _model.Find(Tied)!.data<float>().ToArray());
    }

    [Fact]
    public void Load_OfMissingSurplusAndMisshapedTensors_NamesAllOfThemAtOnce()
    {
        string[] missing = ["text_proj.bias", "vision_proj_m.weight"], surplus = ["image_queue", "text_proj.offset", "visual_encoder.blocks.9.norm1.weight"];
        foreach (var name in missing) Assert.True(_tensors.Remove(name));
        foreach (var name in surplus) _tensors.Add(name, ([1, 2], [2]));
        _tensors["itm_head.bias"] = ([1, 2, 3], [3]);
        _tensors["visual_encoder.cls_token"] = (new float[8], [1, 8]);

        var report = Load();
        Assert.Equal(missing, report.Missing.AsEnumerable());
        Assert.Equal(surplus, report.Surplus.AsEnumerable());
        Assert.Equal(["itm_head.bias [3], the model's is [2]", "visual_encoder.cls_token [1, 8], the model's is [1, 1, 8]"], report.Misshaped.AsEnumerable());
        var message = Assert.Throws<InvalidDataException>(() => report.RequireComplete("there")).Message;
        Assert.StartsWith("'there' does not fit the model.", message, StringComparison.Ordinal);
        Assert.All(missing.Concat(surplus).Concat(report.Misshaped), name => Assert.Contains(name, message, StringComparison.Ordinal));
        // Everything else was loaded.
        Assert.Equal(_tensors["text_proj.weight"].Values, _model.Find("text_proj.weight")!.reshape(-1).data<float>().ToArray());
    }

    [Fact]
    public void Load_OfSurplusTensorsAlone_IsComplete()
    {
        _tensors.Add("image_queue", ([1, 2], [2]));
        Assert.Equal(["image_queue"], Load().RequireComplete("it").Surplus.AsEnumerable());
    }

    [Fact]
    public void Load_OfTiedTensorsThatDiffer_NamesBothAndKeepsTheFirst()
    {
        _tensors.Add(Tied, ([.. _tensors[Owner].Values], [8]));
        Assert.Empty(Load().RequireComplete("it").Untied);
        _tensors[Tied].Values[3] += 1;
        var report = Load();
        Assert.Equal([$"{Tied} and {Owner}"], report.Untied.AsEnumerable());
        Assert.Contains($"Tied in the model, different in the file: {Tied} and {Owner}.", Assert.Throws<InvalidDataException>(() => report.RequireComplete("it")).Message, StringComparison.Ordinal);
        Assert.Equal(_tensors[Tied].Values, _model.Find(Owner)!.data<float>().ToArray());
    }

    public void Dispose()
    {
        _model.Dispose();
        _scope.Dispose();
        File.Delete(_path);
    }

    private LoadReport Load()
    {
        using (var stream = File.Create(_path))
            SafetensorsFile.Write(stream, _tensors.Select(tensor => TensorData.Of<float>(tensor.Key, tensor.Value.Values, tensor.Value.Shape)));
        using var file = SafetensorsFile.Open(_path);
        return _model.Load(file);
    }
}
