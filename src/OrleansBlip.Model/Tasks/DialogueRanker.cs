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
    private readonly BuiltTextEncoder _encoder = model.Part<BuiltTextEncoder>("text_encoder");

    /// <summary>Reads what a dialogue is about.</summary>
    /// <param name="images">(B, 3, S, S).</param>
    /// <param name="captions">The images' captions, (B, T').</param>
    /// <param name="special">Ids of the framing tokens.</param>
    public DialogueScene Open(torch.Tensor images, ContextBatch captions, SpecialTokens special)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var none = torch.zeros(0, 0, torch.ScalarType.Int64);
        return new DialogueScene(_encoder.Memory(model.Run(new StepBatch(images, none, none, none, special) { Context = captions })), images.shape[0]);
    }

    /// <summary>The probability of each candidate: (B, C).</summary>
    /// <param name="about">What the dialogues are about.</param>
    /// <param name="tokens">(B·C, T) int64, dialogue by dialogue: history, question and candidate in one text.</param>
    /// <param name="mask">(B·C, T), 1 for tokens and 0 for padding.</param>
    /// <param name="special">Ids of the framing tokens.</param>
    /// <exception cref="ArgumentException">The texts are not equally many for each image.</exception>
    public torch.Tensor Score(DialogueScene about, torch.Tensor tokens, torch.Tensor mask, SpecialTokens special)
    {
        long dialogues = about.Count, candidates = tokens.shape[0] / dialogues;
        if (candidates * dialogues != tokens.shape[0]) throw new ArgumentException($"{tokens.shape[0]} texts are not equally many for each of {dialogues} images.", nameof(tokens));
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var rows = TensorArithmetic.Rows(dialogues, model.Device).unsqueeze(1).expand(dialogues, candidates).reshape(-1);
        var first = _encoder.Transformer.ForwardFirst(StepBatch.Frame(tokens.On(model.Device), special.Encode), mask.On(model.Device), about.Memory.Select(rows), Pass.Evaluation); // (B·C, D)
        return model.Part<BuiltHead>("itm_head").Logits(first).softmax(1).select(1, 1).view(dialogues, candidates).MoveToOuterDisposeScope();
    }
}
