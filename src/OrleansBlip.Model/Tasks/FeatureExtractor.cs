using OrleansBlip.Model.Compositions;
using TorchSharp;

namespace OrleansBlip.Model.Tasks;

/// <summary>
/// Features of images, of texts, and of texts grounded in images (reference models/blip.py, BLIP_Base), from any model that has the parts. Used on the
/// calling thread. Legend: B samples, F frames, S image side, N image tokens, T tokens, D width, d feature width.
/// </summary>
public sealed class FeatureExtractor(BlipModel model)
{
    /// <summary>States of images (B, 3, S, S), or of videos (B, F, 3, S, S): (B, N, D), or (B, F·N, D); the first of an image is [CLS].</summary>
    public torch.Tensor Image(torch.Tensor images) => Evaluate(images, null, graph => graph.Value("visual_encoder"));

    /// <summary>The state of an image's first token, [CLS]; of a video the mean over its frames: (B, D).</summary>
    public torch.Tensor ImageFirst(torch.Tensor images) => Evaluate(images, null, graph => graph.First("visual_encoder"));

    /// <summary>The feature that ITC compares, normalised: (B, d); of a video the mean over its frames.</summary>
    public torch.Tensor ProjectedImage(torch.Tensor images) => Evaluate(images, null, graph => graph.Value("vision_proj"));

    /// <summary>States of texts after [CLS]: (B, T, D).</summary>
    public torch.Tensor Text(torch.Tensor tokens, torch.Tensor mask, SpecialTokens special) =>
        Evaluate(null, (tokens, mask, special), graph => graph.Value("text_encoder"));

    /// <summary>The feature that ITC compares, normalised: (B, d).</summary>
    public torch.Tensor ProjectedText(torch.Tensor tokens, torch.Tensor mask, SpecialTokens special) =>
        Evaluate(null, (tokens, mask, special), graph => graph.Value("text_proj"));

    /// <summary>States of texts after [ENC], each grounded in its image: (B, T, D).</summary>
    public torch.Tensor Multimodal(torch.Tensor images, torch.Tensor tokens, torch.Tensor mask, SpecialTokens special) =>
        Evaluate(images, (tokens, mask, special), graph => model.Part<BuiltTextEncoder>("text_encoder").Grounded(graph));

    private torch.Tensor Evaluate(torch.Tensor? images, (torch.Tensor Tokens, torch.Tensor Mask, SpecialTokens Special)? texts, Func<StepGraph, torch.Tensor> evaluate)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var none = torch.zeros(0, 0, torch.ScalarType.Int64);
        var (tokens, mask, special) = texts ?? (none, none, SpecialTokens.Bert);
        return evaluate(model.Run(new StepBatch(images ?? torch.zeros(0), tokens, mask, mask, special))).MoveToOuterDisposeScope();
    }
}
