using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using SkiaSharp;

namespace OrleansBlip.Cli.Tests.Jobs;

/// <summary>Untrained models of a few words, with weights large enough to have opinions, and pictures for them.</summary>
internal static class TinyModel
{
    public static Vocabulary Words { get; } = new(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "picture", "of", "red", "blue", "circle", "square", "what", "is", "it", "?"]);

    public static ModelSpec Spec(string family) => new()
    {
        Family = family,
        Vision = new() { ImageSize = 32, PatchSize = 16, Width = 32, Depth = 2, Heads = 2, InitialStandardDeviation = 0.2 },
        Text = new() { VocabularySize = Words.Count, Width = 32, Depth = 2, Heads = 2, FeedForwardWidth = 64, PositionsMax = 24, InitialStandardDeviation = 0.2 },
        FeatureWidth = 16,
        QueueSize = 64,
        ProjectionStandardDeviation = 0.2,
    };

    public static DataSpec Data(string prompt = "") => new() { ImageSize = 32, TokensMax = 16, Padding = TokenPadding.Longest, Prompt = prompt, VocabularySha256 = Words.Sha256 };

    public static ModelFolder Save(string path, string family, string prompt = "", ulong seed = 7)
    {
        using var model = Initialized(family, seed);
        return ModelFolder.Save(path, Spec(family), Data(prompt), Words, model.Layout, model.Weights.data<float>().ToArray(), model.Momentum.data<float>().ToArray());
    }

    public static BlipModel Initialized(string family, ulong seed = 7)
    {
        var model = new BlipModel(Families.Compose(Spec(family)));
        model.Initialize(seed);
        return model;
    }

    public static void SavePicture(string path, SKColor colour, SKColor middle)
    {
        using var bitmap = new SKBitmap(40, 40);
        bitmap.Erase(colour);
        for (var y = 12; y < 28; y++)
            for (var x = 12; x < 28; x++) bitmap.SetPixel(x, y, middle);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, data.ToArray());
    }
}
