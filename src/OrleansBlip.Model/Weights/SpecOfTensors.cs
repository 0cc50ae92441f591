using System.Globalization;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Text;
using OrleansBlip.Model.Vision;

namespace OrleansBlip.Model.Weights;

/// <summary>Tells a model's family and sizes by the names and shapes of its tensors, which checkpoints hold and their configuration often does not.</summary>
public static class SpecOfTensors
{
    /// <summary>Channels of an attention head in BERT and in ViT, of every size.</summary>
    public const int HeadWidth = 64;

    /// <summary>The specification.</summary>
    /// <param name="source">Tensors under the original's names.</param>
    /// <param name="family">The family; null to tell it by the parts that are there.</param>
    /// <param name="heads">Attention heads; null for one per <see cref="HeadWidth"/> channels. No shape tells.</param>
    /// <exception cref="InvalidDataException">A tensor is missing without which the sizes cannot be told.</exception>
    public static ModelSpec Infer(ITensorSource source, string? family = null, int? heads = null)
    {
        family ??= FamilyOf(source);
        var text = Has(source, "text_encoder.") ? "text_encoder." : "text_decoder.bert.";
        long[] tokens = Shape(source, "visual_encoder.pos_embed"), patch = Shape(source, "visual_encoder.patch_embed.proj.weight");
        var patches = (int)Math.Round(Math.Sqrt(tokens[1] - 1));
        if (patches * patches != tokens[1] - 1) throw new InvalidDataException($"'{source.Path}' has position embeddings of {tokens[1] - 1} patches, which is no square number.");
        var width = (int)tokens[2];
        long[] words = Shape(source, text + "embeddings.word_embeddings.weight"), feedForward = Shape(source, text + "encoder.layer.0.intermediate.dense.weight");
        return new ModelSpec
        {
            Family = family,
            Vision = new VisionSpec
            {
                ImageSize = patches * (int)patch[2],
                PatchSize = (int)patch[2],
                Width = width,
                Depth = CountOf(source, "visual_encoder.blocks."),
                Heads = heads ?? Math.Max(1, width / HeadWidth),
                MlpRatio = (int)(Shape(source, "visual_encoder.blocks.0.mlp.fc1.weight")[0] / width),
            },
            Text = new TextSpec
            {
                VocabularySize = (int)words[0],
                Width = (int)words[1],
                Depth = CountOf(source, text + "encoder.layer."),
                Heads = heads ?? Math.Max(1, (int)words[1] / HeadWidth),
                FeedForwardWidth = (int)feedForward[0],
                PositionsMax = (int)Shape(source, text + "embeddings.position_embeddings.weight")[0],
            },
            FeatureWidth = Has(source, "vision_proj.") ? (int)Shape(source, "vision_proj.weight")[0] : new ModelSpec().FeatureWidth,
            QueueSize = Has(source, "image_queue") ? (int)Shape(source, "image_queue")[1] : 0,
        };
    }

    private static string FamilyOf(ITensorSource source) => (Has(source, "itm_head."), Has(source, "text_decoder."), Has(source, "text_encoder."), Has(source, "cls_head.")) switch
    {
        (true, true, true, _) => "pretraining",
        (true, false, true, _) => "filter",
        (false, true, true, _) => "vqa",
        (false, true, false, _) => "captioner",
        (false, false, true, true) => "nlvr",
        _ => throw new InvalidDataException($"'{source.Path}' holds the parts of no known family of BLIP models; its tensors begin {string.Join(", ", Beginnings(source))}."),
    };

    private static IEnumerable<string> Beginnings(ITensorSource source) => source.Tensors.Keys.Select(name => name.Split('.')[0]).Distinct().Order(StringComparer.Ordinal).Take(10);

    private static bool Has(ITensorSource source, string prefix) => source.Tensors.Keys.Any(name => name.StartsWith(prefix, StringComparison.Ordinal));

    private static long[] Shape(ITensorSource source, string name) =>
        source.Tensors.TryGetValue(name, out var tensor) ? [.. tensor.Shape] : throw new InvalidDataException($"'{source.Path}' has no '{name}', without which a model's sizes cannot be told.");

    // One more than the greatest number after the prefix.
    private static int CountOf(ITensorSource source, string prefix) => 1 + source.Tensors.Keys
        .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
        .Select(name => int.Parse(name[prefix.Length..].Split('.')[0], CultureInfo.InvariantCulture))
        .DefaultIfEmpty(-1).Max();
}
