namespace OrleansBlip.Model.Generation;

/// <summary>One decoded sequence.</summary>
/// <param name="Ids">Prompt, generated tokens, and the end token unless the longest length came first; no padding.</param>
/// <param name="LogProbability">
/// Sum over the generated tokens. Greedy search and sampling: of the model's own distribution, before penalties and limits. Beam search: of the scores
/// that it ranks by, after the repetition penalty.
/// </param>
public sealed record GeneratedSequence(long[] Ids, double LogProbability);
