using System.Text.RegularExpressions;

namespace OrleansBlip.Model.Weights.HuggingFace;

/// <summary>Names of tensors in Hugging Face's BLIP classes and in the original, which are this project's (reference/blip.md §8). Only the image encoder's differ.</summary>
public static partial class HuggingFaceNames
{
    // Stems and their counterparts; N stands for a block's number.
    private static readonly (string Original, string HuggingFace)[] Stems =
    [
        ("visual_encoder.cls_token", "vision_model.embeddings.class_embedding"),
        ("visual_encoder.pos_embed", "vision_model.embeddings.position_embedding"),
        ("visual_encoder.patch_embed.proj", "vision_model.embeddings.patch_embedding"),
        ("visual_encoder.norm", "vision_model.post_layernorm"),
        ("visual_encoder.blocks.N.norm1", "vision_model.encoder.layers.N.layer_norm1"),
        ("visual_encoder.blocks.N.norm2", "vision_model.encoder.layers.N.layer_norm2"),
        ("visual_encoder.blocks.N.attn.qkv", "vision_model.encoder.layers.N.self_attn.qkv"),
        ("visual_encoder.blocks.N.attn.proj", "vision_model.encoder.layers.N.self_attn.projection"),
        ("visual_encoder.blocks.N.mlp.fc1", "vision_model.encoder.layers.N.mlp.fc1"),
        ("visual_encoder.blocks.N.mlp.fc2", "vision_model.encoder.layers.N.mlp.fc2"),
    ];

    private static readonly Dictionary<string, string> ToHuggingFace = Stems.ToDictionary(stem => stem.Original, stem => stem.HuggingFace, StringComparer.Ordinal);

    private static readonly Dictionary<string, string> ToOriginal = Stems.ToDictionary(stem => stem.HuggingFace, stem => stem.Original, StringComparer.Ordinal);

    /// <summary>Hugging Face's name of an original one.</summary>
    public static string Of(string original) => Translate(original, ToHuggingFace);

    /// <summary>The original name of Hugging Face's.</summary>
    public static string OriginalOf(string huggingFace) => Translate(huggingFace, ToOriginal);

    /// <summary>Whether a file's names are Hugging Face's.</summary>
    public static bool AreIn(ITensorSource source) => source.Tensors.Keys.Any(name => name.StartsWith("vision_model.", StringComparison.Ordinal));

    private static string Translate(string name, Dictionary<string, string> stems)
    {
        var parts = Name().Match(name);
        if (!parts.Success) return name;
        var (head, block, tail, leaf) = (parts.Groups["head"].Value, parts.Groups["block"].Value, parts.Groups["tail"].Value, parts.Groups["leaf"].Value);
        var stem = block.Length == 0 ? head + tail : $"{head}.N{tail}";
        return stems.TryGetValue(stem, out var other) ? other.Replace(".N.", $".{block}.", StringComparison.Ordinal) + leaf : name;
    }

    [GeneratedRegex(@"^(?<head>(visual_encoder|vision_model)(\.blocks|\.encoder\.layers)?)(\.(?<block>\d+))?(?<tail>(\.\w+?)*?)(?<leaf>(\.(weight|bias))?)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Name();
}
