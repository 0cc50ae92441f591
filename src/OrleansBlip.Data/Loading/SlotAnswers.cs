using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Loading;

/// <summary>Answers to the questions of a slot, several to one. A is their number.</summary>
/// <param name="Tokens">Framed as texts are, (A, T).</param>
/// <param name="Weights">Each answer's share of those given to its question, (A).</param>
/// <param name="Questions">The row of each answer's question, (A).</param>
public sealed record SlotAnswers(TokenBatch Tokens, float[] Weights, long[] Questions);
