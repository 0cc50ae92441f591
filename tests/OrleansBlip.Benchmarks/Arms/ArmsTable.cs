using System.Globalization;
using System.Text;
using OrleansBlip.Cli.Jobs.Arms;
using OrleansBlip.Grains.Evaluation;

namespace OrleansBlip.Benchmarks.Arms;

/// <summary>The measurement as Markdown: scores, differences with their intervals, the filter, and what the arms' runs differ in.</summary>
internal static class ArmsTable
{
    public static string Render(IReadOnlyList<SeedOutcome> seeds, EvaluationSet set)
    {
        var text = new StringBuilder();
        var arms = Arm.All.Where(arm => seeds[0].Arms.ContainsKey(arm.Name)).ToArray();
        text.AppendLine(CultureInfo.InvariantCulture, $"Means over seeds {string.Join(", ", seeds.Select(seed => seed.Seed))}; {set.PictureCount} pictures of {set.Split.ToString().ToLowerInvariant()} in galleries of {set.GallerySize}, {set.TextsPerPicture} texts each.");
        text.AppendLine(CultureInfo.InvariantCulture, $"Mean R@1 of the oracle {set.Bounds.Oracle.MeanR1:f1}, of a ranking that finds own pairs alone {set.Bounds.OwnPairs.MeanR1:f1}, of chance {set.Bounds.Chance.MeanR1:f1}.");
        Scores(text, arms, seeds, "As pre-trained", outcome => outcome.Pretrained);
        Scores(text, arms, seeds, "After the same finetuning on `clean`", outcome => outcome.Finetuned!);
        Recalls(text, arms, seeds);
        Differences(text, seeds);
        Filters(text, seeds);
        Specifications(text, arms, seeds);
        return text.ToString();
    }

    private static void Scores(StringBuilder text, Arm[] arms, IReadOnlyList<SeedOutcome> seeds, string title, Func<ArmOutcome, EvaluationOutcome> outcome)
    {
        Head(text, title, "arm", "data", "TR@1", "IR@1", "mean R@1", "of each seed", "ITC mean R@1", "CIDEr", "pair F1", "colour F1", "shape F1", "wholly true");
        foreach (var arm in arms)
        {
            EvaluationReport Of(SeedOutcome seed) => outcome(seed.Arms[arm.Name]).Report;
            string Mean(Func<EvaluationReport, double?> score) => Number(seeds.Average(seed => score(Of(seed))));
            Row(text, arm.Name, arm.Data,
                Mean(report => report.Tr1), Mean(report => report.Ir1), Mean(report => report.MeanR1),
                string.Join(" / ", seeds.Select(seed => Number(Of(seed).MeanR1))), Mean(report => report.ItcMeanR1),
                Mean(report => report.Cider), Mean(report => report.AttributeAccuracy), Mean(report => report.ColourF1),
                Mean(report => report.ShapeF1), Mean(report => report.WholeTrue));
        }
    }

    private static void Recalls(StringBuilder text, Arm[] arms, IReadOnlyList<SeedOutcome> seeds)
    {
        Head(
            text, "Recall at 1, 5 and 10 as pre-trained, re-ranked by ITM and by ITC alone", "arm", "TR@1", "TR@5", "TR@10", "IR@1", "IR@5", "IR@10", "ITC TR@1", "ITC TR@5", "ITC TR@10",
            "ITC IR@1", "ITC IR@5", "ITC IR@10");
        foreach (var arm in arms)
        {
            EvaluationReport[] reports = [.. seeds.Select(seed => seed.Arms[arm.Name].Pretrained.Report)];
            Func<EvaluationReport, double?>[] recalls =
            [
                report => report.Tr1, report => report.Tr5, report => report.Tr10, report => report.Ir1, report => report.Ir5, report => report.Ir10,
                report => report.ItcTr1, report => report.ItcTr5, report => report.ItcTr10, report => report.ItcIr1, report => report.ItcIr5, report => report.ItcIr10,
            ];
            Row(text, arm.Name, [.. recalls.Select(recall => Number(reports.Average(recall)))]);
        }
    }

    private static void Differences(StringBuilder text, IReadOnlyList<SeedOutcome> seeds)
    {
        Head(text, "Differences, with 95% of a paired bootstrap over pictures and seeds", "arms", "mean R@1", "of each seed", "required", "finetuned mean R@1", "ITC mean R@1", "CIDEr", "wholly true");
        foreach (var (arm, other, pointsMin) in Arm.Comparisons)
        {
            if (!seeds[0].Arms.ContainsKey(arm) || !seeds[0].Arms.ContainsKey(other)) continue;
            var meanR1 = Compare(ComparedMetric.MeanR1, outcome => outcome.Pretrained)!;
            var verdict = pointsMin is not { } points ? "told only" : meanR1.IsAhead && meanR1.Difference.Mean >= points ? "holds" : "**does not hold**";
            Row(text, $"{arm} − {other}", Interval(meanR1), string.Join(" / ", meanR1.OfSeeds.Select(difference => Number(difference))),
                pointsMin is > 0 ? $"{verdict} (≥ {pointsMin})" : verdict, Interval(Compare(ComparedMetric.MeanR1, outcome => outcome.Finetuned!)),
                Interval(Compare(ComparedMetric.ItcMeanR1, outcome => outcome.Pretrained)), Interval(Compare(ComparedMetric.Cider, outcome => outcome.Pretrained)),
                Interval(Compare(ComparedMetric.WholeTrue, outcome => outcome.Pretrained)));

            ArmComparison? Compare(ComparedMetric metric, Func<ArmOutcome, EvaluationOutcome> outcome) =>
                ArmComparison.Of(metric, [.. seeds.Select(seed => outcome(seed.Arms[arm]).Items)], [.. seeds.Select(seed => outcome(seed.Arms[other]).Items)]);
        }
    }

    private static void Filters(StringBuilder text, IReadOnlyList<SeedOutcome> seeds)
    {
        Head(text, "The first round's filter", "seed", "untrue: web", "kept web", "synthetic", "kept synthetic", "kept", "precision", "recall", "AUC web", "AUC synthetic");
        foreach (var (seed, (filter, noise)) in seeds.Select(seed => (seed.Seed, seed.Filter)))
            Row(text, $"{seed}", [.. new[] { noise.Web, noise.KeptWeb, noise.Synthetic, noise.KeptSynthetic, noise.Kept, filter.Precision, filter.Recall, filter.AucWeb, filter.AucSynthetic }
                .Select(share => share?.ToString("f2", CultureInfo.InvariantCulture) ?? "–")]);
    }

    private static void Specifications(StringBuilder text, Arm[] arms, IReadOnlyList<SeedOutcome> seeds)
    {
        Head(text, "What the runs of an arm differ in from `none` (of a seed)", "seed", "arm", "differences of the specifications");
        foreach (var seed in seeds)
            foreach (var arm in arms.Skip(1))
                Row(text, $"{seed.Seed}", arm.Name, string.Join("; ", seed.Arms[arm.Name].Spec.DifferencesFrom(seed.Arms[Arm.None].Spec)));
    }

    private static void Head(StringBuilder text, string title, params string[] columns)
    {
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"### {title}").AppendLine();
        Row(text, columns[0], columns[1..]);
        Row(text, "---", [.. columns.Skip(1).Select(_ => "---")]);
    }

    private static void Row(StringBuilder text, string first, params string[] rest) => text.AppendLine(CultureInfo.InvariantCulture, $"| {first} | {string.Join(" | ", rest)} |");

    private static string Interval(ArmComparison? comparison) =>
        comparison is { Difference: var difference } ? $"{Number(difference.Mean)} ({Number(difference.Lower)} … {Number(difference.Upper)})" : "–";

    private static string Number(double? value) => value?.ToString("f1", CultureInfo.InvariantCulture) ?? "–";
}
