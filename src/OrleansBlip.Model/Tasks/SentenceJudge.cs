using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Tasks;

/// <summary>
/// Says whether sentences are true of two images each (BLIP §5.4; reference models/blip_nlvr.py). Used on the calling thread. Images never change places here,
/// as the reference has them do at test time too. Legend: B sentences, S image side, T tokens.
/// </summary>
public sealed class SentenceJudge(BlipModel model)
{
    /// <summary>The probability that each sentence is true, (B).</summary>
    /// <param name="images">(2·B, 3, S, S), all first ones before all second ones.</param>
    /// <param name="tokens">(B, T) int64.</param>
    /// <param name="mask">(B, T), 1 for tokens and 0 for padding.</param>
    /// <param name="special">Ids of the framing tokens.</param>
    /// <exception cref="ArgumentException">There are not two images for each sentence.</exception>
    public torch.Tensor Judge(torch.Tensor images, torch.Tensor tokens, torch.Tensor mask, SpecialTokens special)
    {
        if (images.shape[0] != 2 * tokens.shape[0]) throw new ArgumentException($"There are {images.shape[0]} images for {tokens.shape[0]} sentences, which take two each.", nameof(images));
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var graph = model.Run(new StepBatch(images, tokens, mask, TensorArithmetic.Rows(tokens.shape[0], tokens.device), special));
        var first = model.Part<BuiltTextEncoder>("text_encoder").GroundedFirst(graph);
        return model.Part<BuiltHead>("cls_head").Logits(first).softmax(1).select(1, 1).MoveToOuterDisposeScope();
    }
}
