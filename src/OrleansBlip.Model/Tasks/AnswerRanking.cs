using System.Collections.Immutable;

namespace OrleansBlip.Model.Tasks;

/// <summary>How candidate answers to one question compare.</summary>
/// <param name="Candidates">Rows of the candidates that were ranked to the end, by falling probability of their first token.</param>
/// <param name="FirstTokenProbabilities">Of each, the probability of its first token, 0–1.</param>
/// <param name="Scores">Of each, minus the label-smoothed loss summed over its tokens.</param>
public sealed record AnswerRanking(ImmutableArray<long> Candidates, ImmutableArray<double> FirstTokenProbabilities, ImmutableArray<double> Scores)
{
    /// <summary>The row of the best candidate.</summary>
    public long Best => Candidates[Scores.IndexOf(Scores.Max())];
}
