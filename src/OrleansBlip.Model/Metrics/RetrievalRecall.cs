namespace OrleansBlip.Model.Metrics;

/// <summary>
/// Recall at k of a retrieval, where finding any of the relevant items is a hit. Ties count against the query, so a model that gives every item the same
/// score finds nothing, and the result does not depend on the order of the items.
/// </summary>
public static class RetrievalRecall
{
    /// <summary>The rank of a query that has no relevant item: a miss at any k.</summary>
    public const int NoRank = int.MaxValue;

    /// <summary>For each query, how many irrelevant items score at least as high as its best relevant one: 0 when that comes first.</summary>
    /// <param name="scores">(queries, items); NaN is the lowest score for a relevant item and the highest for an irrelevant one.</param>
    /// <param name="relevant">(queries, items).</param>
    public static int[] Ranks(float[,] scores, bool[,] relevant)
    {
        var (queries, items) = (scores.GetLength(0), scores.GetLength(1));
        if (relevant.GetLength(0) != queries || relevant.GetLength(1) != items)
            throw new ArgumentException($"Relevance is ({relevant.GetLength(0)}, {relevant.GetLength(1)}), scores are ({queries}, {items}).", nameof(relevant));
        var ranks = new int[queries];
        for (int query = 0; query < queries; query++) ranks[query] = RankOf(scores, relevant, query, items);
        return ranks;
    }

    /// <summary>R@k: the percentage of queries whose rank is below <paramref name="k"/>.</summary>
    public static double At(IReadOnlyCollection<int> ranks, int k) => 100.0 * ranks.Count(rank => rank < k) / ranks.Count;

    private static int RankOf(float[,] scores, bool[,] relevant, int query, int items)
    {
        float best = float.NaN;
        for (int item = 0; item < items; item++)
        {
            if (relevant[query, item] && !(scores[query, item] <= best) && !float.IsNaN(scores[query, item])) best = scores[query, item];
        }
        if (float.IsNaN(best)) return NoRank;
        int rank = 0;
        for (int item = 0; item < items; item++)
        {
            if (!relevant[query, item] && !(scores[query, item] < best)) rank++;
        }
        return rank;
    }
}
