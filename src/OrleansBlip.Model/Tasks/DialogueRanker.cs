using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Devices;
using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Tasks;

/// <summary>
/// Ranks candidate answers in a dialogue about an image with a caption (BLIP §5.5): the matching head says how likely each is the true one. Used on the
/// calling thread. Legend: B dialogues, C candidates of each, S image side, T tokens, D width.
/// </summary>
public sealed class DialogueRanker(BlipModel model)
{
    /// <summary>The probability of each candidate: (B, C).</summary>
    /// <param name="images">(B, 3, S, S).</param>
    /// <param name="captions">The image's captions, (B, T').</param>
    /// <param name="tokens">(B·C, T) int64, dialogue by dialogue: history, question and candidate in one text.</param>
    /// <param name="mask">(B·C, T), 1 for tokens and 0 for padding.</param>
    /// <param name="special">Ids of the framing tokens.</param>
    /// <exception cref="ArgumentException">The texts are not equally many for each image.</exception>
    public torch.Tensor Score(torch.Tensor images, ContextBatch captions, torch.Tensor tokens, torch.Tensor mask, SpecialTokens special)
    {
        long dialogues = images.shape[0], candidates = tokens.shape[0] / dialogues;
        if (candidates * dialogues != tokens.shape[0]) throw new ArgumentException($"{tokens.shape[0]} texts are not equally many for each of {dialogues} images.", nameof(tokens));
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var encoder = model.Part<BuiltTextEncoder>("text_encoder");
        var memory = encoder.Memory(model.Run(new StepBatch(images, tokens, mask, mask, special) { Context = captions }));
        var rows = TensorArithmetic.Rows(dialogues, model.Device).unsqueeze(1).expand(dialogues, candidates).reshape(-1);
        var first = encoder.Transformer.ForwardFirst(StepBatch.Frame(tokens.On(model.Device), special.Encode), mask.On(model.Device), memory.Select(rows), Pass.Evaluation); // (B·C, D)
        return model.Part<BuiltHead>("itm_head").Logits(first).softmax(1).select(1, 1).view(dialogues, candidates).MoveToOuterDisposeScope();
    }
}
