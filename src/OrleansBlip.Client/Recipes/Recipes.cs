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
    // What most of the grid's pixels are near, 0–1, in each channel: its backgrounds.
    private const double GridBackground = 0.13;

    private static readonly Sizes GridSizes = new(
        Image: 48, Patch: 16, Width: 64, Depth: 2, Heads: 2, Feature: 64, Queue: 64, Tokens: 24, InitialDeviation: 0.1, Dropout: 0, Temperature: 0.05, PositionDeviation: 0.3);

    private static readonly Sizes SmallSizes = new(
        Image: 64, Patch: 8, Width: 192, Depth: 6, Heads: 3, Feature: 256, Queue: 4096, Tokens: 30, InitialDeviation: 0.05, Dropout: 0.1);

    private static readonly Sizes BaseSizes = new(
        Image: 224, Patch: 16, Width: 768, Depth: 12, Heads: 12, Feature: 256, Queue: 57_600, Tokens: 30, InitialDeviation: 0.02, Dropout: 0.1, Positions: 512);

    private static readonly object GridAugmentation = new { kind = "shiftAndBrightness", shiftPixelsMax = 1, brightnessChangeMax = 0.15 };
    private static readonly object FinetuningAugmentation = new { kind = "cropFlipRandAugment", cropAreaMin = 0.5 };

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>The names that <see cref="Named"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = ["grid", "small", "base"];

    /// <summary>The families that <see cref="Of"/> knows.</summary>
    public static IReadOnlyList<string> Families { get; } = ["pretraining", "captioner", "filter", "vqa", "nlvr", "visdial"];

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
    /// hence BLIP's constant momentum and a queue of one step. Pixels are normalised so that dark backgrounds are near 0, since by CLIP's mean all
    /// patches look much alike, and position embeddings begin large: together that is what makes it learn places.
    /// </summary>
    public static CapFiltRecipe Grid(int vocabularySize, string vocabularySha256, long seed)
    {
        var (sizes, data) = (GridSizes, DataOf(GridSizes, vocabularySha256, GridAugmentation, GridBackground));
        // Finetuning sees each of two hundred pictures some hundreds of times: dropout keeps it from learning them by heart.
        var finetuned = sizes with { Dropout = 0.1 };
        return new CapFiltRecipe
        {
            Pretraining = Template(ModelOf("pretraining", sizes, vocabularySize), data, Warmed(8e-4), seed, steps: 2000, slotCount: 2, slotSize: 32),
            Captioner = Template(ModelOf("captioner", finetuned, vocabularySize), data, Warmed(1.5e-3), seed + 1_000_000, steps: 1200, slotCount: 2, slotSize: 16),
            Filter = Template(ModelOf("filter", finetuned, vocabularySize), data, Warmed(1e-3), seed + 2_000_000, steps: 2000, slotCount: 2, slotSize: 16),
        };
    }

    /// <summary>A model of 8 million parameters for 64-pixel pictures: what a few CPU cores train in a day.</summary>
    public static CapFiltRecipe Small(int vocabularySize, string vocabularySha256, long seed)
    {
        var (sizes, data) = (SmallSizes, DataOf(SmallSizes, vocabularySha256, FinetuningAugmentation));
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
        var (sizes, data) = (BaseSizes, DataOf(BaseSizes, vocabularySha256, new { kind = "cropFlipRandAugment", cropAreaMin = 0.2 }));
        var pretraining = new
        {
            optimizer = new
            {
                learningRate = new { kind = "warmupThenEpochDecay", peak = 3e-4, start = 1e-6, floor = 1e-6, warmupSteps = 3000, epochDecay = 0.9 },
                momentum = new { kind = "constant", peak = 0.995 },
            },
            alpha = new { kind = "constant", peak = 0.4 },
        };
        var finetuning = Cosine(1e-5);
        return new CapFiltRecipe
        {
            Pretraining = Template(ModelOf("pretraining", sizes, vocabularySize), data, pretraining, seed, steps: 460_000, slotCount: 8, slotSize: 75),
            Captioner = Template(ModelOf("captioner", sizes, vocabularySize), data, finetuning, seed + 1_000_000, steps: 11_000, slotCount: 8, slotSize: 32),
            Filter = Template(ModelOf("filter", sizes, vocabularySize), data, finetuning, seed + 2_000_000, steps: 13_000, slotCount: 8, slotSize: 32),
        };
    }

    /// <summary>
    /// The training of any family at one of the sizes <see cref="Names"/>: those of CapFilt, visual question answering, visual reasoning and visual dialogues
    /// (reference/blip.md §3), which are finetuned from a pre-trained model. Of dialogues the paper's appendix tells rate, batch and epochs (20, of VisDial's
    /// 1,232,870 rounds).
    /// </summary>
    /// <exception cref="ArgumentException">The name or the family is unknown; the message lists those known.</exception>
    public static TrainingTemplate Of(string name, string family, int vocabularySize, string vocabularySha256, long seed)
    {
        var capFilt = Named(name, vocabularySize, vocabularySha256, seed);
        return family switch
        {
            "pretraining" => capFilt.Pretraining,
            "captioner" => capFilt.Captioner,
            "filter" => capFilt.Filter,
            "vqa" or "nlvr" or "visdial" => Downstream(name, family, vocabularySize, vocabularySha256, seed + 3_000_000),
            _ => throw new ArgumentException($"There is no recipe for family '{family}'; there are {string.Join(", ", Families)}.", nameof(family)),
        };
    }

    private static TrainingTemplate Downstream(string name, string family, int vocabularySize, string vocabularySha256, long seed)
    {
        var texts = family switch { "vqa" => "question", "nlvr" => "sentence", _ => "dialogue" };
        // A dialogue gets all positions of a small model.
        var tokens = family == "visdial" ? 64 : 35;
        var (sizes, optimizer, steps, slotCount, slotSize) = name switch
        {
            "grid" => (GridSizes with { Dropout = 0.1, Tokens = tokens }, Warmed(1e-3), 2_500, 2, 16),
            "small" => (SmallSizes with { Tokens = tokens }, Warmed(1e-4), 5_000, 4, 32),
            _ when family == "vqa" => (BaseSizes with { Image = 480, Tokens = 35, DropPath = 0.1 }, Cosine(2e-5), 53_000, 16, 16),
            _ when family == "nlvr" => (BaseSizes with { Image = 384, Tokens = 64, DropPath = 0.1 }, Cosine(3e-5), 5_000, 16, 16),
            _ => (BaseSizes with { Image = 384, Tokens = 256, DropPath = 0.1 }, Cosine(2e-5), 103_000, 16, 15),
        };
        var data = name == "grid"
            ? DataOf(sizes, vocabularySha256, GridAugmentation, GridBackground, texts)
            : DataOf(sizes, vocabularySha256, FinetuningAugmentation, mean: null, texts);
        return Template(ModelOf(family, sizes, vocabularySize), data, optimizer, seed, steps, slotCount, slotSize);
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
            dropPathRate = sizes.DropPath,
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

    private static object DataOf(Sizes sizes, string vocabularySha256, object augmentation, double? mean = null, string texts = "caption") => new
    {
        imageSize = sizes.Image,
        tokensMax = sizes.Tokens,
        padding = "longest",
        texts,
        captionWordsMax = texts is "question" or "dialogue" ? 50 : 30,
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

    private static object Cosine(double peak) => new
    {
        optimizer = new { learningRate = new { kind = "epochCosine", peak }, momentum = new { kind = "constant", peak = 0.995 } },
        alpha = new { kind = "constant", peak = 0.4 },
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
        int Image, int Patch, int Width, int Depth, int Heads, int Feature, int Queue, int Tokens, double InitialDeviation, double Dropout,
        double? Temperature = null, int Positions = 64, double? PositionDeviation = null, double DropPath = 0);
}
