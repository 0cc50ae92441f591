using System.Collections.Immutable;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Report;
using OrleansBlip.Cli.Results;
using OrleansBlip.Client.Recipes;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Versions;
using OrleansBlip.Grains.Evaluation;

namespace OrleansBlip.Cli.Jobs;

/// <summary>Turns the demo's results into its JSON document and its report.</summary>
internal static class DemoReport
{
    private const int GalleryPictures = 24;

    // What must hold for CapFilt to have worked, and what is shown beside it.
    private static readonly (string Arm, string Other, bool IsRequired)[] Comparisons =
        [("both", "none", true), ("filter", "random", true), ("captioner", "none", true), ("both", "clean", true), ("both", "filter", false)];

    public static (DemoDocument Document, ReportContent Content) Of(
        DemoRequest request, DemoPaths paths, IReadOnlyList<DemoSeedResult> seeds, TrainingWatch training, CapFiltRecipe recipe, TimeSpan wall)
    {
        var first = seeds[0];
        var records = DatasetVersion.Open(first.Round.Dataset!).ReadCaptionsAsync().GetAwaiter().GetResult();
        var filter = FilterEvaluation.Of(paths.World, Judged(records, "web"), Judged(records, "synthetic"));
        var document = new DemoDocument
        {
            Seed = request.Seed,
            Steps = recipe.Pretraining.Steps,
            SamplesPerSecond = training.SamplesPerSecond,
            Noise = new NoiseResult(Share(filter.Noise.Web), Share(filter.Noise.KeptWeb), Share(filter.Noise.Synthetic), Share(filter.Noise.KeptSynthetic), Share(filter.Noise.Kept)),
            Filter = new FilterResult(Share(filter.Filter.Precision), Share(filter.Filter.Recall), filter.Filter.AucWeb, filter.Filter.AucSynthetic),
            Arms = [.. request.Arms.Select(arm => ResultOf(arm, first.Arms[arm].Report))],
            WallSeconds = Math.Round(wall.TotalSeconds, 1),
        };
        var differences = DifferencesOf(request, seeds);
        return (document, new ReportContent
        {
            Title = "OrleansBlip demo: from noisy pairs to a bootstrapped model",
            Summary = Summary(differences),
            Facts = FactsOf(document, request, recipe, filter),
            Charts = ChartsOf(training),
            Metrics = ["TR@1", "IR@1", "mean R@1", "ITC mean R@1", "CIDEr", "attribute F1", "wholly true %"],
            Arms = [.. request.Arms.Select(arm => RowOf(arm, seeds))],
            Differences = differences,
            Gallery = GalleryOf(paths, records),
            Notes = ["A hit is any picture of which the text is true. Galleries hold 400 pictures with 5 captions each, of scenes that no training split holds."],
        });
    }

    private static IEnumerable<JudgedText> Judged(IEnumerable<CaptionRecord> records, string source) =>
        records.Where(record => record.CaptionSource == source).Select(record => new JudgedText(record.SourceKey, record.Caption, record.ItmProb, record.Decision == "kept"));

    private static double Share(double? share) => share ?? 0;

    private static ArmResult ResultOf(string arm, EvaluationReport report) =>
        new(arm, report.Tr1 ?? 0, report.Ir1 ?? 0, report.Cider ?? 0, (report.AttributeAccuracy ?? 0) / 100, report.WeightsSha256);

    private static ArmRow RowOf(string arm, IReadOnlyList<DemoSeedResult> seeds)
    {
        Estimate? Mean(Func<EvaluationReport, double?> score) =>
            seeds.Select(seed => score(seed.Arms[arm].Report)).Average() is { } mean ? new Estimate(mean) : null;
        return new ArmRow(arm, DataOf(arm),
        [
            Mean(report => report.Tr1), Mean(report => report.Ir1), Mean(report => report.MeanR1), Mean(report => report.ItcMeanR1),
            Mean(report => report.Cider), Mean(report => report.AttributeAccuracy), Mean(report => report.WholeTrue),
        ]);
    }

    private static string DataOf(string arm) => arm switch
    {
        "none" => "clean + web",
        "filter" => "clean + kept web",
        "captioner" => "clean + web + synthetic",
        "both" => "clean + kept web + kept synthetic",
        "clean" => "clean alone",
        "random" => "clean + as many web pairs, drawn blindly",
        "oracle" => "clean + the true web pairs",
        _ => "",
    };

    private static ImmutableArray<ArmDifference> DifferencesOf(DemoRequest request, IReadOnlyList<DemoSeedResult> seeds)
    {
        var differences = ImmutableArray.CreateBuilder<ArmDifference>();
        foreach (var (arm, other, isRequired) in Comparisons)
        {
            if (!request.Arms.Contains(arm) || !request.Arms.Contains(other)) continue;
            EvaluationItems[] Items(string name) => [.. seeds.Select(seed => seed.Arms[name].Items)];
            if (ArmComparison.Of(ComparedMetric.MeanR1, Items(arm), Items(other)) is not { Difference: var difference }) continue;
            differences.Add(new ArmDifference($"{arm} − {other}", "mean R@1", new Estimate(difference.Mean, difference.Lower, difference.Upper), isRequired));
        }
        return differences.ToImmutable();
    }

    private static string Summary(ImmutableArray<ArmDifference> differences) =>
        differences.FirstOrDefault(difference => difference.Name == "both − none") is { Estimate: var ahead }
            ? $"The bootstrapped model is {(ahead.Value >= 0 ? "ahead of" : "behind")} the first by {Math.Abs(ahead.Value):f1} points of mean R@1 (95% interval {ahead.Low:f1} to {ahead.High:f1})."
            : "The arms were trained and scored.";

    private static ImmutableArray<ReportFact> FactsOf(DemoDocument document, DemoRequest request, CapFiltRecipe recipe, FilterEvaluation filter) =>
    [
        new("seeds", request.Seeds == 1 ? $"{request.Seed}" : $"{request.Seed} to {request.Seed + request.Seeds - 1}"),
        new("pre-training", $"{recipe.Pretraining.Steps:n0} steps of {recipe.Pretraining.SlotCount} slots of {recipe.Pretraining.SlotSize} samples, one thread a slot"),
        new("speed", $"{document.SamplesPerSecond:f0} samples/s"),
        new("untrue web texts", $"{document.Noise.Web:p1} before the filter, {document.Noise.KeptWeb:p1} of those kept"),
        new("untrue synthetic texts", $"{document.Noise.Synthetic:p1} before the filter, {document.Noise.KeptSynthetic:p1} of those kept"),
        new("true web texts kept", $"{filter.Filter.Recall:p1}"),
        new("filter's AUC", $"{filter.Filter.AucWeb:f3} on web texts, {filter.Filter.AucSynthetic:f3} on synthetic ones"),
        new("time", $"{TimeSpan.FromSeconds(document.WallSeconds):m\\:ss}"),
    ];

    private static ImmutableArray<LineChart> ChartsOf(TrainingWatch training) =>
    [
        .. new[] { ("itc", "Contrastive loss (ITC)"), ("itm", "Matching loss (ITM)"), ("lm", "Language modelling loss (LM)") }
            .Select(loss => new LineChart(loss.Item2, "samples", [.. training.CurvesOf(loss.Item1).Take(6)]))
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
