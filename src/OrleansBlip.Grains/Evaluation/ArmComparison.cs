using OrleansBlip.Model.Metrics;

namespace OrleansBlip.Grains.Evaluation;

/// <summary>How far one way of making training data is ahead of another, over the same pictures and seeds.</summary>
/// <param name="Metric">What is compared.</param>
/// <param name="Difference">The mean difference, and the interval that holds 95% of paired bootstrap samples over pictures and seeds.</param>
/// <param name="OfSeeds">The difference of each seed.</param>
public sealed record ArmComparison(ComparedMetric Metric, BootstrapInterval Difference, IReadOnlyList<double> OfSeeds)
{
    /// <summary>Whether the whole interval lies above zero.</summary>
    public bool IsAhead => Difference.Lower > 0;

    /// <summary>Compares two arms.</summary>
    /// <param name="metric">What to compare.</param>
    /// <param name="arm">Items of the arm, seed by seed.</param>
    /// <param name="other">Items of the one it is compared with, the same seeds in the same order.</param>
    /// <returns>The comparison, or null when one of the models has no such score.</returns>
    /// <exception cref="ArgumentException">They were not scored on the same set, or not for as many seeds.</exception>
    public static ArmComparison? Of(ComparedMetric metric, IReadOnlyList<EvaluationItems> arm, IReadOnlyList<EvaluationItems> other)
    {
        if (arm.Count == 0 || arm.Count != other.Count) throw new ArgumentException($"{arm.Count} seeds cannot be paired with {other.Count}.", nameof(other));
        if (arm.Concat(other).Select(items => (items.SetDigest, items.GallerySize)).Distinct().Count() > 1)
            throw new ArgumentException("The arms were scored on different sets or gallery sizes; evaluate them on one.", nameof(other));
        double[]?[] mine = [.. arm.Select(items => PerPicture(metric, items))], theirs = [.. other.Select(items => PerPicture(metric, items))];
        if (mine.Concat(theirs).Any(scores => scores is null)) return null;
        var differences = new double[arm.Count, mine[0]!.Length];
        for (var seed = 0; seed < arm.Count; seed++)
            for (var picture = 0; picture < mine[seed]!.Length; picture++) differences[seed, picture] = mine[seed]![picture] - theirs[seed]![picture];
        return new ArmComparison(metric, PairedBootstrap.Interval(differences), [.. mine.Zip(theirs, (a, b) => a!.Average() - b!.Average())]);
    }

    /// <summary>A score of one arm, the mean over seeds and pictures, and the interval that resampling these gives.</summary>
    /// <returns>Null when one of the models has no such score.</returns>
    public static BootstrapInterval? IntervalOf(ComparedMetric metric, IReadOnlyList<EvaluationItems> arm)
    {
        double[]?[] seeds = [.. arm.Select(items => PerPicture(metric, items))];
        if (seeds.Length == 0 || seeds.Any(scores => scores is null)) return null;
        var scores = new double[seeds.Length, seeds[0]!.Length];
        for (var seed = 0; seed < seeds.Length; seed++)
            for (var picture = 0; picture < seeds[seed]!.Length; picture++) scores[seed, picture] = seeds[seed]![picture];
        return PairedBootstrap.Interval(scores);
    }

    /// <summary>Each picture's part in the score, which is their mean; null when the model has no such score.</summary>
    internal static double[]? PerPicture(ComparedMetric metric, EvaluationItems items) => metric switch
    {
        ComparedMetric.MeanR1 => items.Retrieval is { } ranks ? MeanR1(ranks.Pictures.AsSpan(), ranks.Texts.AsSpan()) : null,
        ComparedMetric.ItcMeanR1 => items.Retrieval is { } ranks ? MeanR1(ranks.ItcPictures.AsSpan(), ranks.ItcTexts.AsSpan()) : null,
        ComparedMetric.Cider => items.Captions is { } captions ? [.. captions.Cider] : null,
        ComparedMetric.WholeTrue => items.Captions is { } captions ? [.. captions.AreTrue.Select(isTrue => isTrue ? 100.0 : 0)] : null,
        _ => throw new ArgumentOutOfRangeException(nameof(metric), metric, "There is no such metric."),
    };

    private static double[] MeanR1(ReadOnlySpan<int> pictures, ReadOnlySpan<int> texts)
    {
        var textsPerPicture = texts.Length / pictures.Length;
        var scores = new double[pictures.Length];
        for (var picture = 0; picture < scores.Length; picture++)
        {
            var found = texts.Slice(picture * textsPerPicture, textsPerPicture).Count(0);
            scores[picture] = (pictures[picture] == 0 ? 50.0 : 0) + 50.0 * found / textsPerPicture;
        }
        return scores;
    }
}
