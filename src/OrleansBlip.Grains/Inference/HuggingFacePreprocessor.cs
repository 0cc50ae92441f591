using System.Collections.Immutable;
using System.Text.Json;
using OrleansBlip.Data;
using OrleansBlip.Data.Images;
using OrleansBlip.Data.Loading;

namespace OrleansBlip.Grains.Inference;

/// <summary>Hugging Face's <c>preprocessor_config.json</c>: how pictures become what the image encoder reads. What it leaves out has that library's defaults, which are BLIP's.</summary>
public static class HuggingFacePreprocessor
{
    private const double ByteFactor = 1 / 255.0;
    private const int Bicubic = 3;
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>Writes what a model's pictures went through.</summary>
    public static string Write(DataSpec data) => JsonSerializer.Serialize(
        new
        {
            image_processor_type = "BlipImageProcessor",
            processor_class = "BlipProcessor",
            do_resize = true,
            size = new { height = data.ImageSize, width = data.ImageSize },
            resample = Bicubic,
            do_rescale = true,
            rescale_factor = ByteFactor,
            do_normalize = true,
            image_mean = data.Normalization.Means,
            image_std = data.Normalization.Deviations,
            do_convert_rgb = true,
        },
        Json);

    /// <summary>Reads the normalisation; the size is the model's.</summary>
    /// <exception cref="InvalidDataException">It is no such file, or asks for what is not done here; the message says what.</exception>
    public static PixelNormalization Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            foreach (var step in new[] { "do_resize", "do_rescale", "do_normalize" })
                Require(!root.TryGetProperty(step, out var done) || done.GetBoolean(), $"{step} is false; here pictures are resized, rescaled and normalised");
            Require(!root.TryGetProperty("resample", out var filter) || filter.GetInt32() == Bicubic, $"resample must be {Bicubic} (bicubic)");
            Require(!root.TryGetProperty("rescale_factor", out var factor) || Math.Abs(factor.GetDouble() - ByteFactor) < 1e-9, "rescale_factor must be 1/255");
            var normalization = new PixelNormalization
            {
                Means = Numbers(root, "image_mean", PixelNormalization.Clip.Means),
                Deviations = Numbers(root, "image_std", PixelNormalization.Clip.Deviations),
            };
            normalization.Validate();
            return normalization;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or DatasetException)
        {
            throw new InvalidDataException($"preprocessor_config.json cannot be read: {error.Message}", error);
        }
    }

    private static ImmutableArray<float> Numbers(JsonElement root, string name, ImmutableArray<float> otherwise) =>
        root.TryGetProperty(name, out var numbers) ? [.. numbers.EnumerateArray().Select(number => number.GetSingle())] : otherwise;

    private static void Require(bool holds, string what)
    {
        if (!holds) throw new InvalidDataException($"preprocessor_config.json: {what}.");
    }
}
