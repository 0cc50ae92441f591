using OrleansBlip.Model.Devices;
using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Compositions;

/// <summary>The samples of one slot. Legend: B samples, S image side, T tokens.</summary>
/// <param name="Images">(B, 3, S, S), normalised, in the model's dtype; of videos (B, F, 3, S, S), F frames each.</param>
/// <param name="Tokens">(B, T) int64; whatever stands first is replaced by the token of the use.</param>
/// <param name="Mask">(B, T) int64, 1 for tokens, 0 for padding.</param>
/// <param name="ImageIds">(B) int64, equal for captions of the same image.</param>
/// <param name="Special">Ids of the framing tokens.</param>
public sealed record StepBatch(torch.Tensor Images, torch.Tensor Tokens, torch.Tensor Mask, torch.Tensor ImageIds, SpecialTokens Special)
{
    /// <summary>Answers to the texts, where these are questions; null otherwise.</summary>
    public AnswerBatch? Answers { get; init; }

    /// <summary>Further texts beside the images, where these have some (the captions of visual dialogues); null otherwise.</summary>
    public ContextBatch? Context { get; init; }

    /// <summary>(B) int64, the class of each sample, where there are classes; null otherwise.</summary>
    public torch.Tensor? Labels { get; init; }

    /// <summary>B.</summary>
    public long Count => Tokens.shape[0];

    /// <summary>The tokens with <paramref name="first"/> at position 0, (B, T).</summary>
    public torch.Tensor TokensAfter(int first) => Frame(Tokens, first);

    /// <summary>The samples on a device; tensors that are there already stay as they are, the others' copies belong to the dispose scope.</summary>
    internal StepBatch On(torch.Device device) => new(Images.On(device), Tokens.On(device), Mask.On(device), ImageIds.On(device), Special)
    {
        Answers = Answers is { } answers ? new(answers.Tokens.On(device), answers.Mask.On(device), answers.Weights.On(device), answers.Questions.On(device)) : null,
        Context = Context is { } context ? new(context.Tokens.On(device), context.Mask.On(device)) : null,
        Labels = Labels?.On(device),
    };

    /// <summary>Token ids (R, T) with <paramref name="first"/> at position 0.</summary>
    internal static torch.Tensor Frame(torch.Tensor tokens, int first)
    {
        using var scope = torch.NewDisposeScope();
        var framed = tokens.clone();
        framed.select(1, 0).Fill((long)first);
        return framed.MoveToOuterDisposeScope();
    }
}
