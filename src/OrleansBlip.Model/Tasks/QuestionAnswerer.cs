using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Devices;
using OrleansBlip.Model.Generation;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Text;
using TorchSharp;

namespace OrleansBlip.Model.Tasks;

/// <summary>
/// Answers questions about images (BLIP §5.3; reference models/blip_vqa.py): writes answers, or ranks given ones. Used on the calling thread.
/// Legend: B questions, S image side, T tokens, C candidates, k candidates that are ranked to the end.
/// </summary>
public sealed class QuestionAnswerer
{
    /// <summary>Label smoothing of the loss that ranks: the reference ranks by its training loss.</summary>
    private const double RankingLabelSmoothing = 0.1;

    private readonly BlipModel _model;
    private readonly BuiltTextDecoder _decoder;

    /// <exception cref="CompositionException">The model has no decoder.</exception>
    public QuestionAnswerer(BlipModel model)
    {
        _model = model;
        _decoder = model.Part<BuiltTextDecoder>("text_decoder");
    }

    /// <summary>Whether the decoder also sees what pads a question, as the reference's does when it writes answers (but not in training, nor when it ranks).</summary>
    public bool SeesPadding { get; init; }

    /// <summary>Writes an answer to each question by beam search.</summary>
    /// <param name="images">(B, 3, S, S), each question's image.</param>
    /// <param name="tokens">(B, T) int64, the questions.</param>
    /// <param name="mask">(B, T), 1 for tokens and 0 for padding.</param>
    /// <param name="special">Ids of the framing tokens.</param>
    /// <param name="settings">The reference: 3 beams, 1 to 10 tokens.</param>
    public GeneratedSequence[] Generate(torch.Tensor images, torch.Tensor tokens, torch.Tensor mask, SpecialTokens special, GenerationSettings settings)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var memory = Read(images, tokens, mask, special);
        if (SeesPadding) memory = memory.Unmasked();
        using var session = new DecoderSession(_decoder, memory, (int)tokens.shape[0]);
        return BeamSearch.Run(session, (int)tokens.shape[0], [special.Decode], settings);
    }

    /// <summary>
    /// Ranks candidate answers: the <paramref name="count"/> with the likeliest first token are compared by the label-smoothed loss of their whole text,
    /// which is not divided by its length.
    /// </summary>
    /// <param name="images">(B, 3, S, S), each question's image.</param>
    /// <param name="tokens">(B, T) int64, the questions.</param>
    /// <param name="mask">(B, T), 1 for tokens and 0 for padding.</param>
    /// <param name="candidates">(C, T') int64, framed as texts are.</param>
    /// <param name="candidateMask">(C, T'), 1 for tokens and 0 for padding.</param>
    /// <param name="special">Ids of the framing tokens.</param>
    /// <param name="count">k, 1 to C.</param>
    /// <exception cref="ArgumentOutOfRangeException">k is not.</exception>
    public AnswerRanking[] Rank(
        torch.Tensor images, torch.Tensor tokens, torch.Tensor mask, torch.Tensor candidates, torch.Tensor candidateMask, SpecialTokens special, int count)
    {
        if (count < 1 || count > candidates.shape[0]) throw new ArgumentOutOfRangeException(nameof(count), count, $"1 to {candidates.shape[0]} candidates can be ranked to the end.");
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        (candidates, candidateMask) = (candidates.On(_model.Device), candidateMask.On(_model.Device));
        var memory = Read(images, tokens, mask, special);
        long questions = tokens.shape[0];
        var start = torch.zeros(questions, 1, torch.ScalarType.Int64, _model.Device).Fill((long)special.Decode);
        var states = _decoder.Transformer.Forward(start, mask: null, memory, causal: true, Pass.Evaluation);
        var first = _decoder.Head.Forward(states.select(1, 0)).softmax(1).index_select(1, candidates.select(1, 1)); // (B, C)
        var (probabilities, chosen) = first.topk(count, 1); // (B, k)

        var texts = chosen.reshape(-1); // (B·k)
        var rows = TensorArithmetic.Rows(questions, _model.Device).unsqueeze(1).expand(questions, count).reshape(-1);
        var losses = _decoder.Losses(
            StepBatch.Frame(candidates.index_select(0, texts), special.Decode), candidateMask.index_select(0, texts), memory.Select(rows), RankingLabelSmoothing, Pass.Evaluation);
        double[] firsts = Doubles(probabilities), scores = Doubles(losses.neg());
        var ids = texts.ToManaged<long>();
        return [.. Enumerable.Range(0, (int)questions).Select(question => new AnswerRanking(
            [.. ids.AsSpan(question * count, count)], [.. firsts.AsSpan(question * count, count)], [.. scores.AsSpan(question * count, count)]))];
    }

    // The questions, read beside their images: what the decoder attends.
    private ImageMemory Read(torch.Tensor images, torch.Tensor tokens, torch.Tensor mask, SpecialTokens special) =>
        _decoder.Memory(_model.Run(new StepBatch(images, tokens, mask, TensorArithmetic.Rows(tokens.shape[0], tokens.device), special)));

    private static double[] Doubles(torch.Tensor values) => values.reshape(-1).to(torch.ScalarType.Float64).ToManaged<double>();
}
