using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Client.Recipes;

/// <summary>
/// Sizes and schedules as code: take one and change it by <c>with</c>. A recipe is complete; nothing is layered from files. Model, data and optimizer are
/// the JSON that the nodes read; a test reads each recipe as strictly as they do.
/// </summary>
public static class Recipes
{
    // Of the grid's pixels, 0–1, in each channel.
    private const double GridMean = 0.13;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>The names that <see cref="Named"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = ["grid", "small", "base"];

    /// <summary>The three trainings of CapFilt at one of the sizes <see cref="Names"/>.</summary>
    /// <exception cref="ArgumentException">The name is unknown; the message lists those known.</exception>
    public static CapFiltRecipe Named(string name, int vocabularySize, string vocabularySha256, long seed) => name switch
    {
        "grid" => Grid(vocabularySize, vocabularySha256, seed),
        "small" => Small(vocabularySize, vocabularySha256, seed),
        "base" => Base(vocabularySize, vocabularySha256, seed),
        _ => throw new ArgumentException($"There is no recipe '{name}'; there are {string.Join(", ", Names)}.", nameof(name)),
    };

    /// <summary>
    /// The demo's: 340,000 parameters for 48-pixel pictures whose patches are the cells of a 3×3 grid. Small models want weights near 1/√width and many small
    /// steps (reference/shapeworld.md). With keys that move fast, or a long queue of them, noisy pairs teach it no contrast (measured, see the benchmarks):
    /// hence BLIP's constant momentum and a queue of two steps. Pixels are normalised by the world's own mean, since by CLIP's all patches of dark backgrounds
    /// look much alike, and position embeddings begin large: together that is what makes it learn places.
    /// </summary>
    public static CapFiltRecipe Grid(int vocabularySize, string vocabularySha256, long seed)
    {
        var sizes = new Sizes(
            Image: 48, Patch: 16, Width: 64, Depth: 2, Heads: 2, Feature: 64, Queue: 64, Tokens: 24, InitialDeviation: 0.1, Dropout: 0, Temperature: 0.05,
            PositionDeviation: 0.3);
        var data = DataOf(sizes, vocabularySha256, new { kind = "shiftAndBrightness", shiftPixelsMax = 1, brightnessChangeMax = 0.15 }, GridMean);
        // Finetuning sees each of two hundred pictures some hundreds of times: dropout keeps it from learning them by heart.
        var finetuned = sizes with { Dropout = 0.1 };
        return new CapFiltRecipe
        {
            Pretraining = Template(ModelOf("pretraining", sizes, vocabularySize), data, Warmed(8e-4), seed, steps: 2500, slotCount: 2, slotSize: 16),
            Captioner = Template(ModelOf("captioner", finetuned, vocabularySize), data, Warmed(1.5e-3), seed + 1_000_000, steps: 2500, slotCount: 2, slotSize: 16),
            Filter = Template(ModelOf("filter", finetuned, vocabularySize), data, Warmed(1e-3), seed + 2_000_000, steps: 2000, slotCount: 2, slotSize: 16),
        };
    }

    /// <summary>A model of 8 million parameters for 64-pixel pictures: what a few CPU cores train in a day.</summary>
    public static CapFiltRecipe Small(int vocabularySize, string vocabularySha256, long seed)
    {
        var sizes = new Sizes(Image: 64, Patch: 8, Width: 192, Depth: 6, Heads: 3, Feature: 256, Queue: 4096, Tokens: 30, InitialDeviation: 0.05, Dropout: 0.1);
        var data = DataOf(sizes, vocabularySha256, new { kind = "cropFlipRandAugment", cropAreaMin = 0.5 });
        return new CapFiltRecipe
        {
            Pretraining = Template(ModelOf("pretraining", sizes, vocabularySize), data, Warmed(5e-4), seed, steps: 20_000, slotCount: 4, slotSize: 32),
            Captioner = Template(ModelOf("captioner", sizes, vocabularySize), data, Warmed(1e-4), seed + 1_000_000, steps: 5_000, slotCount: 4, slotSize: 32),
            Filter = Template(ModelOf("filter", sizes, vocabularySize), data, Warmed(1e-4), seed + 2_000_000, steps: 5_000, slotCount: 4, slotSize: 32),
        };
    }

    /// <summary>BLIP-base as the authors pre-trained and finetuned it (reference/blip.md §3), in slots of their batch per GPU.</summary>
    public static CapFiltRecipe Base(int vocabularySize, string vocabularySha256, long seed)
    {
        var sizes = new Sizes(Image: 224, Patch: 16, Width: 768, Depth: 12, Heads: 12, Feature: 256, Queue: 57_600, Tokens: 30, InitialDeviation: 0.02, Dropout: 0.1, Positions: 512);
        var data = DataOf(sizes, vocabularySha256, new { kind = "cropFlipRandAugment", cropAreaMin = 0.2 });
        var pretraining = new
        {
            optimizer = new
            {
                learningRate = new { kind = "warmupThenEpochDecay", peak = 3e-4, start = 1e-6, floor = 1e-6, warmupSteps = 3000, epochDecay = 0.9 },
                momentum = new { kind = "constant", peak = 0.995 },
            },
            alpha = new { kind = "constant", peak = 0.4 },
        };
        var finetuning = new
        {
            optimizer = new { learningRate = new { kind = "epochCosine", peak = 1e-5 }, momentum = new { kind = "constant", peak = 0.995 } },
            alpha = new { kind = "constant", peak = 0.4 },
        };
        return new CapFiltRecipe
        {
            Pretraining = Template(ModelOf("pretraining", sizes, vocabularySize), data, pretraining, seed, steps: 460_000, slotCount: 8, slotSize: 75),
            Captioner = Template(ModelOf("captioner", sizes, vocabularySize), data, finetuning, seed + 1_000_000, steps: 11_000, slotCount: 8, slotSize: 32),
            Filter = Template(ModelOf("filter", sizes, vocabularySize), data, finetuning, seed + 2_000_000, steps: 13_000, slotCount: 8, slotSize: 32),
        };
    }

    private static object ModelOf(string family, Sizes sizes, int vocabularySize) => new
    {
        family,
        vision = new
        {
            imageSize = sizes.Image,
            patchSize = sizes.Patch,
            width = sizes.Width,
            depth = sizes.Depth,
            heads = sizes.Heads,
            initialStandardDeviation = sizes.InitialDeviation,
            positionStandardDeviation = sizes.PositionDeviation,
        },
        text = new
        {
            vocabularySize,
            width = sizes.Width,
            depth = sizes.Depth,
            heads = sizes.Heads,
            feedForwardWidth = 4 * sizes.Width,
            positionsMax = sizes.Positions,
            dropout = sizes.Dropout,
            initialStandardDeviation = sizes.InitialDeviation,
        },
        featureWidth = sizes.Feature,
        queueSize = sizes.Queue,
        initialTemperature = sizes.Temperature,
        projectionStandardDeviation = sizes.Width == 768 ? (double?)null : sizes.InitialDeviation,
    };

    private static object DataOf(Sizes sizes, string vocabularySha256, object augmentation, double? mean = null) => new
    {
        imageSize = sizes.Image,
        tokensMax = sizes.Tokens,
        padding = "longest",
        vocabularySha256,
        normalization = mean is { } all ? new { means = new[] { all, all, all } } : null,
        augmentation,
    };

    // A tenth of the run warms up, the rest is half a cosine to zero; α grows from nothing, since a young model has nothing to teach.
    private static object Warmed(double peak) => new
    {
        optimizer = new
        {
            learningRate = new { kind = "warmupCosine", peak, warmupFraction = 0.1 },
            beta2 = 0.98,
            clipNorm = 1.0,
            momentum = new { kind = "constant", peak = 0.995 },
        },
        alpha = new { kind = "ramp", peak = 0.4, warmupSteps = 500 },
    };

    private static TrainingTemplate Template(object model, object data, object optimizer, long seed, long steps, int slotCount, int slotSize) => new()
    {
        Model = JsonSerializer.Serialize(model, Json),
        Data = JsonSerializer.Serialize(data, Json),
        Optimizer = JsonSerializer.Serialize(optimizer, Json),
        Seed = seed,
        Steps = steps,
        SlotCount = slotCount,
        SlotSize = slotSize,
    };

    private sealed record Sizes(
        int Image, int Patch, int Width, int Depth, int Heads, int Feature, int Queue, int Tokens, double InitialDeviation, double Dropout, double? Temperature = null, int Positions = 64, double? PositionDeviation = null);
}
