using OrleansBlip.Model.Metrics;

namespace OrleansBlip.Model.Tests.Metrics;

public sealed class DialogueScoreTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 3)]
    [InlineData(2, 3)]
    [InlineData(3, 4)]
    public void RankOf_AnOption_CountsThoseThatDoNotScoreLess(int truth, int rank) =>
        Assert.Equal(rank, DialogueScore.RankOf([0.9, 0.5, 0.5, 0.1], truth, _ => false));

    [Fact]
    public void RankOf_OptionsThatReadTheSame_DoNotStandBeforeTheTruth() => Assert.Equal(2, DialogueScore.RankOf([0.9, 0.5, 0.5, 0.1], 1, option => option == 2));

    [Fact]
    public void RankOf_ScoresThatAreNoNumbers_IsTheLast() => Assert.Equal(3, DialogueScore.RankOf([double.NaN, double.NaN, 0.5], 0, _ => false));

    [Fact]
    public void Means_OverRanks_AreThoseOfTheChallenge()
    {
        int[] ranks = [1, 2, 5, 10, 20];
        Assert.Equal((1 + 0.5 + 0.2 + 0.1 + 0.05) / 5, DialogueScore.MeanReciprocalRank(ranks), 12);
        Assert.Equal((20, 60, 80), (DialogueScore.RecallAt(ranks, 1), DialogueScore.RecallAt(ranks, 5), DialogueScore.RecallAt(ranks, 10)));
    }

    [Fact]
    public void Ndcg_OverTheRelevantOptions_DiscountsByPlace()
    {
        // Three are relevant: the ranking has 0.4, 0 and 1 in front, the best one 1, 0.6 and 0.4.
        double[] scores = [0.1, 0.9, 0.5, 0.7], relevance = [0.6, 0.4, 1, 0];
        double found = 0.4 + 0 + 1 / 2.0, best = 1 + 0.6 / Math.Log2(3) + 0.4 / 2;
        Assert.Equal(found / best, DialogueScore.Ndcg(scores, relevance)!.Value, 12);
        Assert.Equal(1, DialogueScore.Ndcg(relevance, relevance)!.Value, 12);
        Assert.Null(DialogueScore.Ndcg(scores, [0, 0, 0, 0]));
        // Of equal scores the less relevant option comes first.
        Assert.Equal(0, DialogueScore.Ndcg([0.5, 0.5], [1, 0])!.Value);
        Assert.Throws<ArgumentException>(() => DialogueScore.Ndcg(scores, [1]));
    }
}
