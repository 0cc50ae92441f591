using System.Collections.Immutable;
using System.Text.RegularExpressions;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Text;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Vision;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Grains.Inference;

/// <summary>
/// What the authors start from: a pre-training (reference/blip.md §1) from the image encoder of a ViT that was trained on labels (DeiT's and timm's
/// checkpoints) and both text transformers from BERT; a finetuning from a pre-trained model of another family, whose cross-attention a model of two images
/// takes twice. What none of them has (cross-attention of BERT, heads) is drawn from the seed. As a model folder it is the same start for every run of a job.
/// </summary>
public sealed partial class StartingPoint
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

    /// <summary>A model of any family: a model folder, or weights of elsewhere; null for none. It comes before the others.</summary>
    public string? Model { get; init; }

    /// <summary>Reads the weights and writes the model folder.</summary>
    /// <returns>The folder, and the tensors that were drawn from the seed.</returns>
    /// <exception cref="InvalidDataException">A source holds nothing of its kind, or tensors of other shapes, all of which the message lists.</exception>
    public (ModelFolder Folder, ImmutableArray<string> Initialized) Write(string path)
    {
        using var scope = torch.NewDisposeScope();
        using var given = Model is null ? null : OpenModel(Model);
        using var vision = Vision is null ? null : TensorFiles.Open(Vision);
        using var text = Text is null ? null : TensorFiles.Open(Text);
        using var model = new BlipModel(Families.Compose(Spec));
        model.Initialize(Seed);
        var layout = model.Layout;
        var (weights, momentum) = (model.Weights.data<float>().ToArray(), new float[layout.MomentumElementCount]);
        var (misshaped, found) = (new List<string>(), new HashSet<ITensorSource>());
        var initialized = ImmutableArray.CreateBuilder<string>();
        foreach (var entry in layout.Entries)
        {
            var values = weights.AsSpan((int)entry.Offset, (int)entry.Length);
            if (Find(entry, given, vision, text) is not var (source, name)) initialized.Add(entry.Name);
            else Copy(source, name, entry, values);
            if (entry.MomentumName is not { } copy) continue;
            // Momentum copies start equal, unless the given model has its own.
            var copies = momentum.AsSpan((int)entry.MomentumOffset, (int)entry.Length);
            values.CopyTo(copies);
            if (given is not null && given.Tensors.ContainsKey(copy)) Copy(given, copy, entry, copies);
        }
        if (given is not null && !found.Contains(given)) throw new InvalidDataException($"'{Model}' holds no tensor of a model of family '{Spec.Family}'.");
        if (vision is not null && !found.Contains(vision)) throw new InvalidDataException($"'{Vision}' holds no tensor of a ViT, such as 'blocks.0.attn.qkv.weight'.");
        if (text is not null && !found.Contains(text)) throw new InvalidDataException($"'{Text}' holds no tensor of BERT, such as 'bert.encoder.layer.0.attention.self.query.weight'.");
        if (misshaped.Count > 0) throw new InvalidDataException($"{misshaped.Count} given tensors have other shapes than the model; choose sizes (a recipe) that fit them: {string.Join("; ", misshaped)}.");
        return (ModelFolder.Save(path, Spec, Data, Vocabulary, layout, weights, momentum), initialized.ToImmutable());

        void Copy(ITensorSource source, string name, ParameterEntry entry, Span<float> target)
        {
            found.Add(source);
            if (!TryCopy(source, name, entry, target)) misshaped.Add($"{name} [{string.Join(", ", source.Tensors[name].Shape)}], {entry.Name} is [{string.Join(", ", entry.Shape)}]");
        }
    }

    // A model folder holds tied tensors once: they are asked for by any of their names.
    private static ITensorSource OpenModel(string path)
    {
        var weights = TensorFiles.Open(path);
        if (!File.Exists(System.IO.Path.Combine(path, "model.json"))) return weights;
        var layout = BlipModel.LayoutOf(Families.Compose(ModelFolder.Open(path).Spec));
        return new AliasedTensors(weights, layout);
    }

    private static (ITensorSource Source, string Name)? Find(ParameterEntry entry, ITensorSource? given, ITensorSource? vision, ITensorSource? text)
    {
        foreach (var name in entry.Aliases.Prepend(entry.Name))
            foreach (var stored in new[] { name, OfOneImage(name), OfOneText(name) })
                if (given is not null && given.Tensors.ContainsKey(stored)) return (given, stored);
        foreach (var name in entry.Aliases.Prepend(entry.Name))
        {
            var source = name.StartsWith("visual_encoder.", StringComparison.Ordinal) ? vision : text;
            if (source is null) continue;
            foreach (var stored in StoredNames(name))
                if (source.Tensors.ContainsKey(stored)) return (source, stored);
        }
        return null;
    }

    // Both halves of a cross-attention to two images begin as the one of a single image.
    private static string OfOneImage(string name) => HalfOfPair().Replace(name, "${1}");

    private static string OfOneText(string name) =>
        name.StartsWith("caption_encoder.", StringComparison.Ordinal) ? string.Concat("text_encoder.", name.AsSpan("caption_encoder.".Length)) : name;

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

    [GeneratedRegex(@"(?<=\.crossattention\.)(self|output\.dense)[01](?=\.)")]
    private static partial Regex HalfOfPair();
}
