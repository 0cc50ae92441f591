using System.Collections.Immutable;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Jobs.Arms;
using OrleansBlip.Cli.Report;
using OrleansBlip.Cli.Results;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Versions;
using OrleansBlip.Grains.Evaluation;
using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Cli.Jobs;

/// <summary>Turns the demo's results into its JSON document and its report.</summary>
internal static class DemoReport
{
    private const int GalleryPictures = 24;

    private static readonly string[] Metrics =
    [
        "mean R@1", "TR@1", "TR@5", "TR@10", "IR@1", "IR@5", "IR@10", "ITC mean R@1", "ITC mean R@5", "ITC mean R@10", "CIDEr", "attribute F1", "colour F1", "shape F1", "wholly true %",
    ];

    public static (DemoDocument Document, ReportContent Content) Of(
        DemoRequest request, DemoPaths paths, EvaluationBounds bounds, IReadOnlyList<SeedOutcome> seeds, TrainingLog log, TrainingTemplate pretraining)
    {
        var first = seeds[0];
        var (filter, noise) = first.Filter;
        var document = new DemoDocument
        {
            Seed = request.Seed,
            Steps = pretraining.Steps,
            SamplesPerSecond = Math.Round(log.SpeedOf("pre-train"), 1),
            Noise = new NoiseResult(Share(noise.Web), Share(noise.KeptWeb), Share(noise.Synthetic), Share(noise.KeptSynthetic), Share(noise.Kept)),
            Filter = new FilterResult(Share(filter.Precision), Share(filter.Recall), filter.AucWeb, filter.AucSynthetic),
            Arms = [.. request.Arms.Select(arm => ResultOf(arm, first.Arms[arm]))],
            WallSeconds = Math.Round(log.Elapsed.TotalSeconds, 1),
        };
        var differences = DifferencesOf(request, seeds);
        string[] finetuned = request.IsFinetuned ? ["finetuned R@1", "finetuned CIDEr", "finetuned F1"] : [];
        return (document, new ReportContent
        {
            Title = "OrleansBlip demo: from noisy pairs to a bootstrapped model",
            Summary = Summary(differences),
            Facts = FactsOf(document, request, pretraining),
            Charts = ChartsOf(log),
            Metrics = [.. Metrics, .. finetuned],
            Arms = [.. Arm.All.Where(arm => request.Arms.Contains(arm.Name)).Select(arm => RowOf(arm, request, seeds))],
            Differences = differences,
            Gallery = GalleryOf(paths, first.Texts),
            Notes =
            [
                "A hit is any picture of which the text is true. Galleries hold 400 pictures with 5 captions each, of scenes that no training split holds.",
                $"Mean R@1 of the oracle {bounds.Oracle.MeanR1:f1}, of a ranking that finds own pairs alone {bounds.OwnPairs.MeanR1:f1}, of chance {bounds.Chance.MeanR1:f1}.",
                .. request.IsFinetuned ? ["Finetuned: each model after the same finetuning on clean pairs, retrieval by its filter and captions by its captioner."] : Array.Empty<string>(),
                .. request.Seeds > 1 ? ["The losses are those of the first seed."] : Array.Empty<string>(),
                .. SpecificationsOf(request, first),
            ],
        });
    }

    private static double Share(double? share) => share ?? 0;

    private static ArmResult ResultOf(string arm, ArmOutcome outcome)
    {
        var report = outcome.Pretrained.Report;
        var finetuned = outcome.Finetuned is { Report: var after }
            ? new FinetunedResult(after.Tr1 ?? 0, after.Ir1 ?? 0, after.Cider ?? 0, (after.AttributeAccuracy ?? 0) / 100)
            : null;
        return new(arm, report.Tr1 ?? 0, report.Ir1 ?? 0, report.Cider ?? 0, (report.AttributeAccuracy ?? 0) / 100, report.WeightsSha256, finetuned);
    }

    private static ArmRow RowOf(Arm arm, DemoRequest request, IReadOnlyList<SeedOutcome> seeds)
    {
        Estimate? Mean(Func<ArmOutcome, double?> score) => seeds.Select(seed => score(seed.Arms[arm.Name])).Average() is { } mean ? new Estimate(mean) : null;
        Estimate? Pretrained(Func<EvaluationReport, double?> score) => Mean(outcome => score(outcome.Pretrained.Report));
        Estimate? Finetuned(Func<EvaluationReport, double?> score) => Mean(outcome => outcome.Finetuned is { } finetuned ? score(finetuned.Report) : null);
        Estimate? Resampled(ComparedMetric metric) => ArmComparison.IntervalOf(metric, [.. seeds.Select(seed => seed.Arms[arm.Name].Pretrained.Items)]) is { } interval
            ? new Estimate(interval.Mean, interval.Lower, interval.Upper)
            : null;
        Estimate?[] pretrained =
        [
            Resampled(ComparedMetric.MeanR1), Pretrained(report => report.Tr1), Pretrained(report => report.Tr5), Pretrained(report => report.Tr10),
            Pretrained(report => report.Ir1), Pretrained(report => report.Ir5), Pretrained(report => report.Ir10), Resampled(ComparedMetric.ItcMeanR1),
            Pretrained(report => (report.ItcTr5 + report.ItcIr5) / 2), Pretrained(report => (report.ItcTr10 + report.ItcIr10) / 2), Resampled(ComparedMetric.Cider),
            Pretrained(report => report.AttributeAccuracy), Pretrained(report => report.ColourF1), Pretrained(report => report.ShapeF1), Resampled(ComparedMetric.WholeTrue),
        ];
        Estimate?[] finetuned = request.IsFinetuned
            ? [Finetuned(report => report.MeanR1), Finetuned(report => report.Cider), Finetuned(report => report.AttributeAccuracy)]
            : [];
        return new ArmRow(arm.Name, arm.Data, [.. pretrained, .. finetuned]);
    }

    /// <summary>What each arm's run was asked for otherwise than the first arm's: its data and nothing else.</summary>
    private static IEnumerable<string> SpecificationsOf(DemoRequest request, SeedOutcome seed) =>
        from arm in request.Arms.Skip(1)
        let differences = seed.Arms[arm].Spec.DifferencesFrom(seed.Arms[request.Arms[0]].Spec)
        select $"Specification of {arm} against {request.Arms[0]}: {(differences.IsEmpty ? "the same" : string.Join("; ", differences))}.";

    private static ImmutableArray<ArmDifference> DifferencesOf(DemoRequest request, IReadOnlyList<SeedOutcome> seeds)
    {
        var differences = ImmutableArray.CreateBuilder<ArmDifference>();
        foreach (var (arm, other, pointsMin) in Arm.Comparisons)
        {
            if (!request.Arms.Contains(arm) || !request.Arms.Contains(other)) continue;
            EvaluationItems[] Items(string name) => [.. seeds.Select(seed => seed.Arms[name].Pretrained.Items)];
            if (ArmComparison.Of(ComparedMetric.MeanR1, Items(arm), Items(other)) is not { Difference: var difference }) continue;
            differences.Add(new ArmDifference($"{arm} − {other}", "mean R@1", new Estimate(difference.Mean, difference.Lower, difference.Upper), pointsMin));
        }
        return differences.ToImmutable();
    }

    private static string Summary(ImmutableArray<ArmDifference> differences) =>
        differences.FirstOrDefault(difference => difference.Name == "both − none") is { Estimate: var ahead }
            ? $"The bootstrapped model is {(ahead.Value >= 0 ? "ahead of" : "behind")} the first by {Math.Abs(ahead.Value):f1} points of mean R@1 (95% interval {ahead.Low:f1} to {ahead.High:f1})."
            : "The arms were trained and scored.";

    private static ImmutableArray<ReportFact> FactsOf(DemoDocument document, DemoRequest request, TrainingTemplate pretraining) =>
    [
        new("seeds", request.Seeds == 1 ? $"{request.Seed}" : $"{request.Seed} to {request.Seed + request.Seeds - 1}"),
        new("pre-training", $"{pretraining.Steps:n0} steps of {pretraining.SlotCount} slots of {pretraining.SlotSize} samples, one thread a slot"),
        new("speed", $"{document.SamplesPerSecond:f0} samples/s"),
        new("untrue web texts", $"{document.Noise.Web:p1} before the filter, {document.Noise.KeptWeb:p1} of those kept"),
        new("untrue synthetic texts", $"{document.Noise.Synthetic:p1} before the filter, {document.Noise.KeptSynthetic:p1} of those kept"),
        new("true web texts kept", $"{document.Filter.Recall:p1}"),
        new("filter's AUC", $"{document.Filter.AucWeb:f3} on web texts, {document.Filter.AucSynthetic:f3} on synthetic ones"),
        new("time", $"{(int)document.WallSeconds / 60}:{(int)document.WallSeconds % 60:d2}"),
    ];

    private static ImmutableArray<LineChart> ChartsOf(TrainingLog log) =>
    [
        .. new[] { ("itc", "Contrastive loss (ITC)"), ("itm", "Matching loss (ITM)"), ("lm", "Language modelling loss (LM)") }
            .Select(loss => new LineChart(loss.Item2, "samples", [.. log.CurvesOf(loss.Item1).Take(6)]))
            .Where(chart => chart.Curves.Length > 0),
    ];

    private static ImmutableArray<GalleryPicture> GalleryOf(DemoPaths paths, IReadOnlyList<CaptionRecord> records)
    {
        using var web = PairSources.Open(paths.Web, new PairSourceOptions { VerifyHashes = false });
        var texts = records.ToLookup(record => record.SourceKey, StringComparer.Ordinal);
        var pictures = ImmutableArray.CreateBuilder<GalleryPicture>();
        for (var picture = 0; picture < web.PictureCount && pictures.Count < GalleryPictures; picture++)
        {
            var judged = texts[web.ReadPicture(picture).Key].ToArray();
            // As in the paper's figure: pictures of which one text was kept and another was not.
            if (!judged.Any(text => text.Decision == "kept") || judged.All(text => text.Decision == "kept")) continue;
            pictures.Add(new GalleryPicture(web.ReadImage(picture), "image/jpeg",
                [.. judged.OrderByDescending(text => text.CaptionSource, StringComparer.Ordinal).Select(text => new GalleryText(text.CaptionSource, text.Caption, text.Decision == "kept", text.ItmProb))]));
        }
        return pictures.ToImmutable();
    }
}
