using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Shards;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Grains.Tests.Inference;

/// <summary>A few hundred pictures, one of which is broken, and untrained models that fit them; in a folder that goes with the tests.</summary>
public sealed class TinyWorld : IDisposable
{
    public const int PictureCount = 301;
    public const int BrokenPicture = 300;

    private readonly string _folder = Directory.CreateTempSubdirectory("blip-tiny").FullName;

    public TinyWorld()
    {
        new ShapeWorldWriter(new ShapeWorldSpec { WebCount = BrokenPicture, CleanCount = 0, ValCount = 0, TestCount = 0, PicturesPerShard = 200 }).Write(_folder);
        using (var shards = new ShardWriter(Path.Combine(_folder, "broken")))
        {
            shards.Add(new ShardSample("broken", new Dictionary<string, ReadOnlyMemory<byte>> { ["jpg"] = new byte[] { 0xFF, 0xD8, 0xFF, 0 }, ["txt"] = "a red circle"u8.ToArray() }));
            shards.Complete();
        }
        DataPath = $"{Path.Combine(_folder, "web")}::{Path.Combine(_folder, "broken")}";
        Source = PairSources.Open(DataPath);
        var trainer = new VocabularyTrainer();
        trainer.Add(Source);
        Vocabulary = trainer.Train(140);
    }

    internal string DataPath { get; }

    internal PairSource Source { get; }

    internal Vocabulary Vocabulary { get; }

    internal DataReference Data => new(DataPath, Source.Digest);

    /// <summary>An untrained model of the demo's sizes; weights near 1/√width, so that it has opinions.</summary>
    internal ModelFolder Model(string family)
    {
        var spec = new ModelSpec
        {
            Family = family,
            Vision = new() { ImageSize = 48, PatchSize = 16, Width = 64, Depth = 2, Heads = 2, InitialStandardDeviation = 0.2 },
            Text = new() { VocabularySize = Vocabulary.Count, Width = 64, Depth = 2, Heads = 2, FeedForwardWidth = 256, PositionsMax = 64, InitialStandardDeviation = 0.2 },
            FeatureWidth = 64,
            QueueSize = 512,
            ProjectionStandardDeviation = 0.2,
        };
        using var model = new BlipModel(Families.Compose(spec));
        model.Initialize(7);
        var data = new DataSpec { ImageSize = 48, TokensMax = 24, Padding = TokenPadding.Longest, VocabularySha256 = Vocabulary.Sha256 };
        return ModelFolder.Save(Path.Combine(_folder, family), spec, data, Vocabulary, model.Layout, model.Weights.data<float>().ToArray(), model.Momentum.data<float>().ToArray());
    }

    public void Dispose()
    {
        Source.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
