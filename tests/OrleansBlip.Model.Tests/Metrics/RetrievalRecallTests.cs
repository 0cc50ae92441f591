using OrleansBlip.Model.Metrics;

namespace OrleansBlip.Model.Tests.Metrics;

public sealed class RetrievalRecallTests
{
    [Fact]
    public void Ranks_SeveralRelevantItems_TakesBestOfThem()
    {
        float[,] scores = { { 0.9f, 0.5f, 0.7f, 0.1f } };
        Assert.Equal([1], RetrievalRecall.Ranks(scores, new[,] { { false, true, true, true } }));
        Assert.Equal([0], RetrievalRecall.Ranks(scores, new[,] { { true, true, false, false } }));
    }

    [Fact]
    public void Ranks_CollapsedScores_FindsNothing()
    {
        float[,] scores = { { 0.5f, 0.5f, 0.5f } };
        Assert.Equal([2], RetrievalRecall.Ranks(scores, new[,] { { true, false, false } }));
        Assert.Equal([2], RetrievalRecall.Ranks(scores, new[,] { { false, false, true } }));
    }

    [Fact]
    public void Ranks_NaNOrNothingRelevant_IsMiss()
    {
        float[,] scores = { { float.NaN, 0.5f, 0.1f }, { 0.9f, 0.5f, 0.1f }, { 0.9f, float.NaN, 0.1f } };
        bool[,] relevant = { { true, false, false }, { false, false, false }, { true, false, false } };
        Assert.Equal([RetrievalRecall.NoRank, RetrievalRecall.NoRank, 1], RetrievalRecall.Ranks(scores, relevant));
    }

    [Fact]
    public void At_Ranks_CountsThoseBelowK()
    {
        Assert.Equal(25, RetrievalRecall.At([0, 1, 4, RetrievalRecall.NoRank], 1));
        Assert.Equal(75, RetrievalRecall.At([0, 1, 4, RetrievalRecall.NoRank], 5));
    }
}
