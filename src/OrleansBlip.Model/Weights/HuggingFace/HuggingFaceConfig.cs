using System.Text.Json;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Text;
using OrleansBlip.Model.Vision;

namespace OrleansBlip.Model.Weights.HuggingFace;

/// <summary>Hugging Face's <c>config.json</c> of a BLIP model. What it leaves out has that library's defaults, not the original's (reference/blip.md §8).</summary>
public static class HuggingFaceConfig
{
    private static readonly (string Family, string Architecture)[] Architectures =
        [("captioner", "BlipForConditionalGeneration"), ("filter", "BlipForImageTextRetrieval"), ("vqa", "BlipForQuestionAnswering")];

    /// <summary>The architecture's name of one of this project's families; null where there is none.</summary>
    public static string? ArchitectureOf(string family) => Architectures.FirstOrDefault(pair => pair.Family == family).Architecture;

    /// <summary>Reads the sizes and the family.</summary>
    /// <exception cref="InvalidDataException">It is no configuration of a BLIP model that can be read here; the message says why.</exception>
    public static ModelSpec Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var architecture = root.TryGetProperty("architectures", out var names) && names.GetArrayLength() > 0 ? names[0].GetString() : null;
            var family = Architectures.FirstOrDefault(pair => pair.Architecture == architecture).Family
                ?? throw new InvalidDataException($"config.json is of architecture '{architecture}'; known are {string.Join(", ", Architectures.Select(pair => pair.Architecture))}.");
            return Read(root, family);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"config.json is not a BLIP model's: {error.Message}", error);
        }
    }

    /// <summary>Reads the sizes of a model whose family is known.</summary>
    /// <exception cref="InvalidDataException">A setting cannot be met here.</exception>
    public static ModelSpec Read(JsonElement root, string family)
    {
        JsonElement text = root.GetProperty("text_config"), vision = root.GetProperty("vision_config");
        foreach (var (part, name) in new[] { (text, "text_config"), (vision, "vision_config") })
            if (Text(part, "hidden_act", "gelu") is var activation && activation != "gelu") throw new InvalidDataException($"config.json: {name}.hidden_act is '{activation}', only gelu is known.");
        int width = Number(vision, "hidden_size", 768), intermediate = Number(vision, "intermediate_size", 3072);
        if (intermediate % width != 0) throw new InvalidDataException($"config.json: vision_config.intermediate_size ({intermediate}) must be a multiple of hidden_size ({width}).");
        double dropout = Real(text, "hidden_dropout_prob", 0), attention = Real(text, "attention_probs_dropout_prob", 0);
        if (dropout != attention) throw new InvalidDataException($"config.json: text_config has dropouts {dropout} and {attention}; here they are one.");
        return new ModelSpec
        {
            Family = family,
            Vision = new VisionSpec
            {
                ImageSize = Number(vision, "image_size", 384),
                PatchSize = Number(vision, "patch_size", 16),
                Width = width,
                Depth = Number(vision, "num_hidden_layers", 12),
                Heads = Number(vision, "num_attention_heads", 12),
                MlpRatio = intermediate / width,
                LayerNormEpsilon = Real(vision, "layer_norm_eps", 1e-5),
            },
            Text = new TextSpec
            {
                VocabularySize = Number(text, "vocab_size", 30524),
                Width = Number(text, "hidden_size", 768),
                Depth = Number(text, "num_hidden_layers", 12),
                Heads = Number(text, "num_attention_heads", 8),
                FeedForwardWidth = Number(text, "intermediate_size", 3072),
                PositionsMax = Number(text, "max_position_embeddings", 512),
                LayerNormEpsilon = Real(text, "layer_norm_eps", 1e-12),
                Dropout = dropout,
            },
            FeatureWidth = Number(root, "image_text_hidden_size", 256),
        };
    }

    /// <summary>Writes the configuration of a model.</summary>
    /// <exception cref="NotSupportedException">The library has no class for the family, or none of these sizes.</exception>
    public static string Write(ModelSpec spec, SpecialTokens special)
    {
        return JsonSerializer.Serialize(
            new
            {
                architectures = new[] { ArchitectureFor(spec) },
                model_type = "blip",
                image_text_hidden_size = spec.FeatureWidth,
                projection_dim = 512,
                logit_scale_init_value = 2.6592,
                initializer_factor = 1.0,
                torch_dtype = "float32",
                text_config = new
                {
                    model_type = "blip_text_model",
                    vocab_size = spec.Text.VocabularySize,
                    hidden_size = spec.Text.Width,
                    encoder_hidden_size = spec.Vision.Width,
                    intermediate_size = spec.Text.FeedForwardWidth,
                    num_hidden_layers = spec.Text.Depth,
                    num_attention_heads = spec.Text.Heads,
                    max_position_embeddings = spec.Text.PositionsMax,
                    layer_norm_eps = spec.Text.LayerNormEpsilon,
                    hidden_dropout_prob = spec.Text.Dropout,
                    attention_probs_dropout_prob = spec.Text.Dropout,
                    hidden_act = "gelu",
                    bos_token_id = special.Decode,
                    eos_token_id = special.Separator,
                    pad_token_id = special.Padding,
                    sep_token_id = special.Separator,
                    label_smoothing = spec.LabelSmoothing,
                },
                vision_config = new
                {
                    model_type = "blip_vision_model",
                    hidden_size = spec.Vision.Width,
                    intermediate_size = spec.Vision.Width * spec.Vision.MlpRatio,
                    num_hidden_layers = spec.Vision.Depth,
                    num_attention_heads = spec.Vision.Heads,
                    image_size = spec.Vision.ImageSize,
                    patch_size = spec.Vision.PatchSize,
                    layer_norm_eps = spec.Vision.LayerNormEpsilon,
                    hidden_act = "gelu",
                },
            },
            new JsonSerializerOptions { WriteIndented = true });
    }

    private static string ArchitectureFor(ModelSpec spec)
    {
        var architecture = ArchitectureOf(spec.Family)
            ?? throw new NotSupportedException($"Hugging Face has no class for family '{spec.Family}'; it has some for {string.Join(", ", Architectures.Select(pair => pair.Family))}.");
        if (spec.Family == "vqa" && spec.Text.Width != spec.Vision.Width)
            throw new NotSupportedException($"Hugging Face's {architecture} has one width for what its text encoder and its decoder attend to; this model has {spec.Vision.Width} (images) and {spec.Text.Width} (questions).");
        return architecture;
    }

    private static int Number(JsonElement element, string key, int otherwise) => element.TryGetProperty(key, out var value) ? value.GetInt32() : otherwise;

    private static double Real(JsonElement element, string key, double otherwise) => element.TryGetProperty(key, out var value) ? value.GetDouble() : otherwise;

    private static string Text(JsonElement element, string key, string otherwise) => element.TryGetProperty(key, out var value) ? value.GetString()! : otherwise;
}
