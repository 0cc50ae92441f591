using OrleansBlip.Data;
using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Grains.Evaluation;

/// <summary>Scores a filter's verdicts on web and synthetic texts by the truth.</summary>
public sealed record FilterEvaluation(FilterReport Filter, NoiseReport Noise)
{
    /// <summary>Scores the verdicts on a world's web split.</summary>
    /// <param name="worldFolder">The world; its truth about the web is read.</param>
    /// <param name="web">Texts that came with the pictures.</param>
    /// <param name="synthetic">Texts that the captioner wrote.</param>
    /// <exception cref="DatasetException">There is no truth, or it does not know a picture.</exception>
    public static FilterEvaluation Of(string worldFolder, IEnumerable<JudgedText> web, IEnumerable<JudgedText> synthetic)
    {
        var scenes = TruthFile.Read(worldFolder, ShapeWorldSplit.Web).ToDictionary(record => record.Key, record => record.Scene, StringComparer.Ordinal);
        return Of(Judge(web), Judge(synthetic));

        Verdict[] Judge(IEnumerable<JudgedText> texts) => [.. texts.Select(text => scenes.TryGetValue(EvaluationSet.SampleKey(text.Key), out var scene)
            ? new Verdict(text.Score, text.IsKept, TruthChecker.IsTrue(text.Text, scene))
            : throw new DatasetException($"The truth about the web in '{worldFolder}' does not know picture '{text.Key}': the texts were judged in another world."))];
    }

    /// <summary>Scores verdicts of which the truth is known.</summary>
    internal static FilterEvaluation Of(Verdict[] web, Verdict[] synthetic)
    {
        Verdict[] keptWeb = Kept(web), keptSynthetic = Kept(synthetic);
        return new FilterEvaluation(
            new FilterReport
            {
                Precision = 1 - Untrue(keptWeb),
                Recall = Recall(web),
                AucWeb = Auc(web),
                PrecisionSynthetic = 1 - Untrue(keptSynthetic),
                RecallSynthetic = Recall(synthetic),
                AucSynthetic = Auc(synthetic),
            },
            new NoiseReport
            {
                Web = Untrue(web),
                KeptWeb = Untrue(keptWeb),
                Synthetic = Untrue(synthetic),
                KeptSynthetic = Untrue(keptSynthetic),
                Kept = Untrue([.. keptWeb, .. keptSynthetic]),
            });
    }

    /// <summary>The area under the curve of true against false positives, by the rank sum of Mann and Whitney; null without both kinds.</summary>
    internal static double? Auc(Verdict[] verdicts)
    {
        long trueCount = verdicts.LongCount(verdict => verdict.IsTrue), untrueCount = verdicts.Length - trueCount;
        if (trueCount == 0 || untrueCount == 0) return null;
        double wins = 0;
        long below = 0;
        foreach (var tied in verdicts.GroupBy(verdict => verdict.Score).OrderBy(group => group.Key))
        {
            long trueHere = tied.LongCount(verdict => verdict.IsTrue), untrueHere = tied.LongCount() - trueHere;
            wins += trueHere * (below + untrueHere / 2.0);
            below += untrueHere;
        }
        return wins / ((double)trueCount * untrueCount);
    }

    private static Verdict[] Kept(Verdict[] verdicts) => [.. verdicts.Where(verdict => verdict.IsKept)];

    private static double? Untrue(Verdict[] verdicts) => Share(verdicts.Count(verdict => !verdict.IsTrue), verdicts.Length);

    private static double? Recall(Verdict[] verdicts) => Share(verdicts.Count(verdict => verdict is { IsTrue: true, IsKept: true }), verdicts.Count(verdict => verdict.IsTrue));

    private static double? Share(int part, int whole) => whole == 0 ? null : (double)part / whole;

    /// <summary>A score, a decision and the truth.</summary>
    internal readonly record struct Verdict(double Score, bool IsKept, bool IsTrue);
}
