using OrleansBlip.Model.Generation;

namespace OrleansBlip.Model.Tests.Generation;

public sealed class SearchTests
{
    private const int Vocabulary = 9;
    private static readonly long[] Prompt = [7, 1];
    private static readonly GenerationSettings Settings = new() { EndId = 2, PadId = 0, MaxLength = 8, MinLength = 0, TopK = null };

    [Fact]
    public void Greedy_RowsOfDifferentLength_TakesBestTokenEach()
    {
        var logits = TableSession.Hashed(Vocabulary);
        using var session = new TableSession(12, Vocabulary, logits);
        var sequences = GreedySearch.Run(session, 12, Prompt, Settings);
        for (int image = 0; image < 12; image++)
        {
            var ids = Prompt.ToList();
            double logProbability = 0;
            while (ids.Count < Settings.MaxLength && (ids.Count == Prompt.Length || ids[^1] != Settings.EndId))
            {
                var scores = logits(image, ids);
                int best = Array.IndexOf(scores, scores.Max());
                logProbability += LogSoftmax(scores)[best];
                ids.Add(best);
            }
            Assert.Equal(ids, sequences[image].Ids);
            Assert.Equal(logProbability, sequences[image].LogProbability, 1e-6);
        }
        Assert.True(session.RowsByStep[^1] < 12, "Ended rows should have left the session.");
    }

    [Fact]
    public void Greedy_MinimumLength_DelaysEnd()
    {
        float[] EndFirst(int image, IReadOnlyList<long> ids) => [0, 1, 5, 3, 2.9f, 0, 0, 0, 0];
        using var session = new TableSession(1, Vocabulary, EndFirst);
        Assert.Equal([7, 1, 3, 3, 2], GreedySearch.Run(session, 1, Prompt, Settings with { MinLength = 4 })[0].Ids);
        using var penalised = new TableSession(1, Vocabulary, EndFirst);
        Assert.Equal([7, 1, 3, 4, 2], GreedySearch.Run(penalised, 1, Prompt, Settings with { MinLength = 4, RepetitionPenalty = 10 })[0].Ids);
    }

    [Fact]
    public void Greedy_PromptWithoutRoom_Throws()
    {
        using var session = new TableSession(1, Vocabulary, TableSession.Hashed(Vocabulary));
        Assert.Throws<ArgumentException>(() => GreedySearch.Run(session, 1, new long[8], Settings));
        Assert.Throws<ArgumentException>(() => BeamSearch.Run(session, 1, [], Settings));
    }

    [Fact]
    public void Nucleus_EvenlySpacedDraws_FollowDistribution()
    {
        // One step from the same state: drawing at the middles of 1,000 equal parts of [0, 1) counts each token by its probability.
        const int rows = 1000;
        float[] scores = [0.5f, -1, 2, 0, 1.5f, -3, 0.2f, 1, -0.5f];
        using var session = new TableSession(rows, Vocabulary, (_, _) => scores);
        var sequences = NucleusSampling.Run(session, rows, Prompt, Settings with { MaxLength = 3, TopP = 0.8 }, (row, step) => (row + 0.5) / rows);
        var nucleus = scores.ToArray();
        LogitsProcessors.TopP(nucleus, 0.8, new double[Vocabulary]);
        double[] probabilities = [.. LogSoftmax(nucleus).Select(Math.Exp)];
        for (int token = 0; token < Vocabulary; token++)
            Assert.InRange(sequences.Count(sequence => sequence.Ids[2] == token), probabilities[token] * rows - 1, probabilities[token] * rows + 1);
        Assert.All(sequences, sequence => Assert.Equal(LogSoftmax(scores)[sequence.Ids[2]], sequence.LogProbability, 1e-6));
    }

    [Fact]
    public void Nucleus_SameUniforms_GivesSameSequencesInAnyBatch()
    {
        double Uniform(int row, int step) => (row * 37 + step * 101) % 97 / 97.0;
        using var all = new TableSession(20, Vocabulary, TableSession.Hashed(Vocabulary));
        var together = NucleusSampling.Run(all, 20, Prompt, Settings, Uniform);
        for (int row = 0; row < 20; row++)
        {
            int image = row;
            using var one = new TableSession(1, Vocabulary, (_, ids) => TableSession.Hashed(Vocabulary)(image, ids));
            var alone = NucleusSampling.Run(one, 1, Prompt, Settings, (_, step) => Uniform(image, step))[0];
            Assert.Equal(alone.Ids, together[row].Ids);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void Beam_WideEnough_FindsBestOfAllSequences(int minLength)
    {
        // With a beam for each prefix nothing is pruned: the best of all sequences by mean log-probability must come out.
        var settings = Settings with { MaxLength = 5, MinLength = minLength, Beams = 300 };
        const int vocabulary = 4;
        var logits = TableSession.Hashed(vocabulary);
        using var session = new TableSession(3, vocabulary, logits);
        var found = BeamSearch.Run(session, 3, [1], settings with { EndId = 2 });
        for (int image = 0; image < 3; image++)
        {
            var (ids, rank) = AllSequences(image, [1], 0, settings, logits).MaxBy(sequence => sequence.Rank);
            Assert.Equal(ids, found[image].Ids);
            Assert.Equal(rank, found[image].LogProbability / (ids.Length - (ids[^1] == 2 ? 1 : 0)), 1e-6);
        }
    }

    [Fact]
    public void Beam_AnyBatch_GivesSameSequences()
    {
        using var all = new TableSession(6, Vocabulary, TableSession.Hashed(Vocabulary));
        var together = BeamSearch.Run(all, 6, Prompt, Settings);
        for (int row = 0; row < 6; row++)
        {
            int image = row;
            using var one = new TableSession(1, Vocabulary, (_, ids) => TableSession.Hashed(Vocabulary)(image, ids));
            Assert.Equal(BeamSearch.Run(one, 1, Prompt, Settings)[0].Ids, together[row].Ids);
        }
        Assert.Equal(6, all.RowsByStep[0]);
        Assert.Equal(18, all.RowsByStep[1]);
    }

    [Fact]
    public void AnySearch_NonFiniteLogits_SaysSo()
    {
        using var session = new TableSession(1, Vocabulary, (_, _) => [.. Enumerable.Repeat(float.NaN, Vocabulary)]);
        var refusal = Assert.Throws<InvalidOperationException>(() => NucleusSampling.Run(session, 1, Prompt, Settings, (_, _) => 0.5));
        Assert.Contains("finite", refusal.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<(long[] Ids, double Rank)> AllSequences(
        int image, long[] prefix, double score, GenerationSettings settings, Func<int, IReadOnlyList<long>, float[]> logits)
    {
        var scores = LogSoftmax(logits(image, prefix));
        for (int token = 0; token < scores.Length; token++)
        {
            double next = score + scores[token];
            long[] ids = [.. prefix, token];
            if (token == 2 && prefix.Length >= settings.MinLength) yield return (ids, next / prefix.Length);
            else if (token != 2 && ids.Length == settings.MaxLength) yield return (ids, next / ids.Length);
            else if (token != 2) foreach (var sequence in AllSequences(image, ids, next, settings, logits)) yield return sequence;
        }
    }

    private static double[] LogSoftmax(float[] scores)
    {
        double normalizer = LogitsProcessors.LogSumExp(scores);
        return [.. scores.Select(score => score - normalizer)];
    }
}
