using OrleansBlip.Model.Generation;

namespace OrleansBlip.Model.Tests.Generation;

public sealed class LogitsProcessorsTests
{
    [Fact]
    public void TopP_AnyScores_KeepsHeadOfSortedDistribution()
    {
        var logits = TableSession.Hashed(300);
        for (int seed = 0; seed < 50; seed++)
        {
            float[] scores = [.. logits(seed, [seed]).Select((score, token) => token % 7 == 0 ? float.NegativeInfinity : MathF.Round(score * 3, 1) * (1 + seed % 4))];
            double best = scores.Max(), total = scores.Sum(score => Math.Exp(score - best));
            double mass = 0;
            var expected = new HashSet<int>();
            foreach (int token in Enumerable.Range(0, 300).OrderByDescending(token => scores[token]))
            {
                if (mass > 0.7 * total) break;
                expected.Add(token);
                mass += Math.Exp(scores[token] - best);
            }
            float[] actual = [.. scores];
            var weights = new double[300];
            Assert.Equal(mass, LogitsProcessors.TopP(actual, 0.7, weights), 1e-9 * mass);
            for (int token = 0; token < 300; token++)
            {
                Assert.Equal(expected.Contains(token) ? scores[token] : float.NegativeInfinity, actual[token]);
                Assert.Equal(Math.Exp(actual[token] - best), weights[token], 1e-15);
            }
        }
    }

    [Fact]
    public void TopP_Ties_KeepLowerTokens()
    {
        float[] scores = [0, 0f, -0f, 0, -9];
        LogitsProcessors.TopP(scores, 0.6, new double[5]);
        Assert.Equal([true, true, true, false, false], scores.Select(float.IsFinite));
    }

    [Fact]
    public void TopP_One_KeepsAll()
    {
        float[] scores = [1, 2, -30];
        LogitsProcessors.TopP(scores, 1, new double[3]);
        Assert.Equal([1f, 2, -30], scores);
    }

    [Fact]
    public void TopK_TiesAtBorder_AllStay()
    {
        float[] scores = [3, 1, 2, 2, 0];
        LogitsProcessors.TopK(scores, 2);
        Assert.Equal([3, float.NegativeInfinity, 2, 2, float.NegativeInfinity], scores);
    }

    [Fact]
    public void RepetitionPenalty_TokenTwiceInPrefix_CountsOnce()
    {
        float[] scores = [2, -2, 2];
        LogitsProcessors.RepetitionPenalty<float>(scores, [0, 1, 0, 1], 2);
        Assert.Equal([1f, -4, 2], scores);
    }
}
