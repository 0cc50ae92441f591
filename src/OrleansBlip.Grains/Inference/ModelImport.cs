using System.Collections.Immutable;
using OrleansBlip.Data.Images;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Text;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Vision;
using OrleansBlip.Model.Weights;
using OrleansBlip.Model.Weights.HuggingFace;
using TorchSharp;

namespace OrleansBlip.Grains.Inference;

/// <summary>Turns weights of elsewhere into a model folder: the authors' .pth files, Hugging Face's folders, safetensors.</summary>
public sealed class ModelImport
{
    /// <summary>The weights: a file, or a folder that holds one.</summary>
    public required string Source { get; init; }

    /// <summary>WordPiece vocabulary; null for the vocab.txt or tokenizer.json beside the weights.</summary>
    public string? Vocabulary { get; init; }

    /// <summary>The family; null to tell it by the tensors.</summary>
    public string? Family { get; init; }

    /// <summary>Attention heads; null for those of config.json or else one per 64 channels.</summary>
    public int? Heads { get; init; }

    /// <summary>Side of the pictures, which position embeddings are resampled for; null for that of the weights.</summary>
    public int? ImageSize { get; init; }

    /// <summary>What a captioner's texts begin with.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>Told how far the reading is, and then the writing; null where nobody watches.</summary>
    public IProgress<TensorProgress>? Progress { get; init; }

    /// <summary>Reads the weights and writes the model folder; nothing appears there unless all of the model was found.</summary>
    /// <returns>The folder; tensors that the source does not have and that began anew; tensors of the source that the model does not have.</returns>
    /// <exception cref="InvalidDataException">Tensors are missing or misshaped, all of which the message lists, or the vocabulary is another.</exception>
    public (ModelFolder Folder, ImmutableArray<string> Initialized, ImmutableArray<string> Ignored) Run(string path)
    {
        using var scope = torch.NewDisposeScope();
        using var source = TensorFiles.Open(Source);
        var stored = SpecOf(source, Source, Family, Heads);
        var words = Data.Text.Vocabulary.Load(Vocabulary ?? Data.Text.Vocabulary.FileIn(Directory.Exists(Source) ? Source : Path.GetDirectoryName(Path.GetFullPath(Source))!));
        if (words.Count != stored.Text.VocabularySize) throw new InvalidDataException($"The vocabulary has {words.Count} pieces, [DEC] and [ENC] included, but '{Source}' has embeddings of {stored.Text.VocabularySize}.");
        stored = stored with { PromptLength = new CaptionTokenizer(words).PromptLength(Prompt) };

        using var model = new BlipModel(Families.Compose(stored));
        model.Initialize(seed: 0);
        var report = model.Load(source, progress: Progress);
        // What begins anew by itself: momentum copies as their originals, and the temperature.
        var initialized = report.Missing.Where(name => name == "temp" || model.Layout.Entries.Any(entry => entry.MomentumName == name)).ToImmutableArray();
        (report with { Missing = report.Missing.RemoveRange(initialized) }).RequireComplete(Source);

        var spec = stored with { Vision = stored.Vision with { ImageSize = ImageSize ?? stored.Vision.ImageSize } };
        spec.Vision.Validate();
        var layout = BlipModel.LayoutOf(Families.Compose(spec));
        var data = new DataSpec
        {
            ImageSize = spec.Vision.ImageSize,
            TokensMax = Math.Min(40, spec.Text.PositionsMax),
            Prompt = Prompt,
            VocabularySha256 = words.Sha256,
            Normalization = NormalizationOf(Source),
        };
        var (weights, momentum) = Flat(model, layout, spec.Vision, initialized);
        return (ModelFolder.Save(path, spec, data, words, layout, weights, momentum, Progress), initialized, report.Surplus);
    }

    /// <summary>The family and sizes of weights of elsewhere: by config.json beside them, or by names and shapes.</summary>
    /// <exception cref="InvalidDataException">They cannot be told.</exception>
    public static ModelSpec SpecOf(ITensorSource weights, string path, string? family = null, int? heads = null)
    {
        var config = Path.Combine(path, "config.json");
        if (!File.Exists(config)) return SpecOfTensors.Infer(weights, family, heads);
        var spec = HuggingFaceConfig.Read(File.ReadAllText(config));
        return spec with
        {
            Family = family ?? spec.Family,
            Vision = spec.Vision with { Heads = heads ?? spec.Vision.Heads },
            Text = spec.Text with { Heads = heads ?? spec.Text.Heads },
            QueueSize = 0,
        };
    }

    private static PixelNormalization NormalizationOf(string path)
    {
        var file = Path.Combine(path, "preprocessor_config.json");
        return File.Exists(file) ? HuggingFacePreprocessor.Read(File.ReadAllText(file)) : PixelNormalization.Clip;
    }

    private static (float[] Weights, float[] Momentum) Flat(BlipModel model, ParameterLayout layout, VisionSpec vision, ImmutableArray<string> initialized)
    {
        var (weights, momentum) = (new float[layout.ElementCount], new float[layout.MomentumElementCount]);
        foreach (var entry in layout.Entries)
        {
            Values(entry.Name).CopyTo(weights.AsSpan((int)entry.Offset));
            if (entry.MomentumName is { } copy) Values(initialized.Contains(copy) ? entry.Name : copy).CopyTo(momentum.AsSpan((int)entry.MomentumOffset));
        }
        return (weights, momentum);

        float[] Values(string name)
        {
            using var noGradient = torch.no_grad();
            var tensor = model.Find(name)!;
            return (name.EndsWith(".pos_embed", StringComparison.Ordinal) ? PositionEmbedding.Interpolate(tensor, vision.PatchCount) : tensor).reshape(-1).data<float>().ToArray();
        }
    }
}
