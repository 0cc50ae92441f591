using System.Collections.Immutable;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Text;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Vision;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Grains.Inference;

/// <summary>
/// What the authors start a pre-training from (reference/blip.md §1): the image encoder of a ViT that was trained on labels (DeiT's and timm's checkpoints),
/// both text transformers of BERT, and what neither has (cross-attention, projections, heads) drawn from the seed. As a model folder it is the same start
/// for every model of a CapFilt job.
/// </summary>
public sealed class StartingPoint
{
    // Rows that BLIP adds to BERT's words: [DEC] and [ENC].
    private const int AddedWordsMax = 2;

    /// <summary>Sizes and family.</summary>
    public required ModelSpec Spec { get; init; }

    /// <summary>How pictures and texts will be prepared.</summary>
    public required DataSpec Data { get; init; }

    /// <summary>The words; BERT's own where <see cref="Text"/> is given.</summary>
    public required Vocabulary Vocabulary { get; init; }

    /// <summary>Draws what no source has.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Weights of a ViT, a file or folder; null for none.</summary>
    public string? Vision { get; init; }

    /// <summary>Weights of BERT, a file or folder; null for none.</summary>
    public string? Text { get; init; }

    /// <summary>Reads the weights and writes the model folder.</summary>
    /// <returns>The folder, and the tensors that were drawn from the seed.</returns>
    /// <exception cref="InvalidDataException">A source holds nothing of its kind, or tensors of other shapes, all of which the message lists.</exception>
    public (ModelFolder Folder, ImmutableArray<string> Initialized) Write(string path)
    {
        using var scope = torch.NewDisposeScope();
        using var vision = Vision is null ? null : TensorFiles.Open(Vision);
        using var text = Text is null ? null : TensorFiles.Open(Text);
        using var model = new BlipModel(Families.Compose(Spec));
        model.Initialize(Seed);
        var layout = model.Layout;
        var (weights, misshaped, found) = (model.Weights.data<float>().ToArray(), new List<string>(), new Dictionary<ITensorSource, int>());
        var initialized = ImmutableArray.CreateBuilder<string>();
        foreach (var entry in layout.Entries)
        {
            if (Find(entry, vision, text) is not var (source, name))
            {
                initialized.Add(entry.Name);
                continue;
            }
            found[source] = found.GetValueOrDefault(source) + 1;
            if (!TryCopy(source, name, entry, weights.AsSpan((int)entry.Offset, (int)entry.Length)))
                misshaped.Add($"{name} [{string.Join(", ", source.Tensors[name].Shape)}], {entry.Name} is [{string.Join(", ", entry.Shape)}]");
        }
        if (vision is not null && !found.ContainsKey(vision)) throw new InvalidDataException($"'{Vision}' holds no tensor of a ViT, such as 'blocks.0.attn.qkv.weight'.");
        if (text is not null && !found.ContainsKey(text)) throw new InvalidDataException($"'{Text}' holds no tensor of BERT, such as 'bert.encoder.layer.0.attention.self.query.weight'.");
        if (misshaped.Count > 0) throw new InvalidDataException($"Tensors have other shapes than the model's: {string.Join("; ", misshaped)}.");
        return (ModelFolder.Save(path, Spec, Data, Vocabulary, layout, weights, MomentumOf(layout, weights)), initialized.ToImmutable());
    }

    private static (ITensorSource Source, string Name)? Find(ParameterEntry entry, ITensorSource? vision, ITensorSource? text)
    {
        foreach (var name in entry.Aliases.Prepend(entry.Name))
        {
            var source = name.StartsWith("visual_encoder.", StringComparison.Ordinal) ? vision : text;
            if (source is null) continue;
            foreach (var stored in StoredNames(name))
                if (source.Tensors.ContainsKey(stored)) return (source, stored);
        }
        return null;
    }

    // Names that a tensor of BLIP may have in a ViT's or in BERT's checkpoint; BERT's first ones call a norm's scale and shift gamma and beta.
    private static IEnumerable<string> StoredNames(string name)
    {
        string? Below(string prefix) => name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : null;
        if (Below("visual_encoder.") is { } vision) return [vision, name];
        if (Below("text_decoder.cls.") is { } head) return Spelt("cls." + head);
        return (Below("text_encoder.") ?? Below("text_decoder.bert.")) is { } text ? [.. Spelt("bert." + text), .. Spelt(text)] : [];

        static IEnumerable<string> Spelt(string stored) =>
            [stored, stored.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal).Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal)];
    }

    private static bool TryCopy(ITensorSource source, string name, ParameterEntry entry, Span<float> target)
    {
        var shape = source.Tensors[name].Shape;
        if (shape.AsSpan().SequenceEqual(entry.Shape.AsSpan()))
        {
            source.ReadSingles(name).CopyTo(target);
            return true;
        }
        if (shape.Length != entry.Shape.Length) return false;
        if (entry.Name.EndsWith("visual_encoder.pos_embed", StringComparison.Ordinal)) return TryResample(source, name, entry, target);
        // A vocabulary grown at its end by tokens that keep their drawn values.
        var isOfWords = entry.Name.EndsWith("word_embeddings.weight", StringComparison.Ordinal) || entry.Name.EndsWith("predictions.bias", StringComparison.Ordinal);
        if (!isOfWords || entry.Shape[0] - shape[0] is < 0 or > AddedWordsMax || !shape.AsSpan()[1..].SequenceEqual(entry.Shape.AsSpan()[1..])) return false;
        source.ReadSingles(name).CopyTo(target);
        return true;
    }

    private static bool TryResample(ITensorSource source, string name, ParameterEntry entry, Span<float> target)
    {
        using var scope = torch.NewDisposeScope();
        var shape = source.Tensors[name].Shape;
        var (side, patches) = ((long)Math.Round(Math.Sqrt(shape[1] - 1)), (int)entry.Shape[1] - 1);
        if (shape[2] != entry.Shape[2] || side * side != shape[1] - 1) return false;
        PositionEmbedding.Interpolate(torch.tensor(source.ReadSingles(name)).view([.. shape]), patches).reshape(-1).data<float>().ToArray().CopyTo(target);
        return true;
    }

    // Momentum copies start equal.
    private static float[] MomentumOf(ParameterLayout layout, float[] weights)
    {
        var momentum = new float[layout.MomentumElementCount];
        foreach (var entry in layout.Entries)
            if (entry.MomentumName is not null) weights.AsSpan((int)entry.Offset, (int)entry.Length).CopyTo(momentum.AsSpan((int)entry.MomentumOffset));
        return momentum;
    }
}
