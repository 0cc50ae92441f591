using System.Runtime.InteropServices;
using OrleansBlip.Data.Images;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Devices;

namespace OrleansBlip.Grains.Tests.Evaluation;

/// <summary>A world of a few pictures, untrained models of it, and two devices.</summary>
public sealed class SmallWorld : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleansblip-evaluation-").FullName;

    public SmallWorld()
    {
        Folder = Path.Combine(_folder, "world");
        new ShapeWorldWriter(new ShapeWorldSpec { Seed = 7, CleanCount = 8, WebCount = 60, ValCount = 40, TestCount = 40 }).Write(Folder);
        var trainer = new VocabularyTrainer();
        foreach (var text in TruthFile.Read(Folder, ShapeWorldSplit.Val).SelectMany(record => record.Texts)) trainer.Add(text.Text);
        Vocabulary = trainer.Train(200);
    }

    internal string Folder { get; }

    internal Vocabulary Vocabulary { get; }

    internal DeviceWorker[] Devices { get; } =
        [.. Enumerable.Range(0, 2).Select(device => new DeviceWorker($"device {device}", () => TorchThreads.Claim(1)))];

    internal ModelFolder Model(string family)
    {
        var spec = new ModelSpec
        {
            Family = family,
            Vision = new() { ImageSize = 48, PatchSize = 16, Width = 16, Depth = 1, Heads = 2 },
            Text = new() { VocabularySize = Vocabulary.Count, Width = 16, Depth = 2, Heads = 2, FeedForwardWidth = 32, PositionsMax = 24, InitialStandardDeviation = 0.25 },
            FeatureWidth = 8,
            QueueSize = 0,
        };
        using var model = new BlipModel(Families.Compose(spec));
        model.Initialize(3);
        var data = new DataSpec { ImageSize = 48, TokensMax = 20, Augmentation = new() { Kind = AugmentationKind.None } };
        return ModelFolder.Save(Path.Combine(_folder, family), spec, data, Vocabulary, model.Layout, Floats(model.Weights), Floats(model.Momentum));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var device in Devices) await device.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static ReadOnlySpan<float> Floats(TorchSharp.torch.Tensor flat) => MemoryMarshal.Cast<byte, float>(flat.bytes);
}
