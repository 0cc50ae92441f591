namespace OrleansBlip.Model.Metrics;

/// <summary>How well the answers of dialogues are ranked, as the VisDial challenge counts it (Das et al. 2017, §5; NDCG since 2018). Ties count against the model.</summary>
public static class DialogueScore
{
    /// <summary>The place of the true answer, from 1.</summary>
    /// <param name="scores">Of each option.</param>
    /// <param name="truth">The true one.</param>
    /// <param name="readsAsTruth">Whether an option is the same text as the true one: such do not stand before it.</param>
    public static int RankOf(IReadOnlyList<double> scores, int truth, Func<int, bool> readsAsTruth) =>
        1 + Enumerable.Range(0, scores.Count).Count(option => option != truth && !readsAsTruth(option) && !(scores[option] < scores[truth]));

    /// <summary>Mean of the ranks' reciprocals, 0–1.</summary>
    public static double MeanReciprocalRank(IReadOnlyCollection<int> ranks) => ranks.Average(rank => 1.0 / rank);

    /// <summary>The percentage of true answers among the first <paramref name="k"/>.</summary>
    public static double RecallAt(IReadOnlyCollection<int> ranks, int k) => 100.0 * ranks.Count(rank => rank <= k) / ranks.Count;

    /// <summary>
    /// Normalised discounted cumulative gain, 0–1, over as many options as have any relevance; null where none has. The first counts whole, the i-th 1 / log₂(i + 1).
    /// </summary>
    public static double? Ndcg(IReadOnlyList<double> scores, IReadOnlyList<double> relevance)
    {
        if (scores.Count != relevance.Count) throw new ArgumentException($"There are {scores.Count} options and {relevance.Count} relevances.", nameof(relevance));
        var count = relevance.Count(value => value > 0);
        if (count == 0) return null;
        var ranked = Enumerable.Range(0, scores.Count).OrderByDescending(option => scores[option]).ThenBy(option => relevance[option]).Select(option => relevance[option]);
        return Gain(ranked.Take(count)) / Gain(relevance.OrderDescending().Take(count));
    }

    private static double Gain(IEnumerable<double> relevance) => relevance.Select((value, place) => value / Math.Log2(place + 2)).Sum();
}
