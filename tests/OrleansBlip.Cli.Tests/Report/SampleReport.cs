using OrleansBlip.Cli.Report;

namespace OrleansBlip.Cli.Tests.Report;

/// <summary>A report with something of everything.</summary>
internal static class SampleReport
{
    /// <summary>A red PNG of one pixel.</summary>
    private static readonly byte[] Pixel = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==");

    public static ReportContent Create() => new()
    {
        Title = "ShapeWorld: what CapFilt does",
        Summary = "The model that bootstrapped its own data finds 41.3 of 100 texts at the first place, 12.4 more than the one trained on the raw web.",
        Facts = [new("Seed", "1"), new("Steps", "3,000 of 2 × 16"), new("Wall time", "7:12"), new("Untrue texts", "60% → 9%")],
        Metrics = ["mean R@1", "CIDEr"],
        Arms =
        [
            new("none", "clean + web", [new(28.9, 26.8, 31.1), new(61.2)]),
            new("both", "clean + kept web + kept synthetic", [new(41.3, 39.0, 43.5), new(88.0)]),
            new("oracle", "clean + true web", [null, null]),
        ],
        Differences =
        [
            new("both − none", "mean R@1", new(12.4, 9.9, 14.8), PointsMin: 3),
            new("both − clean", "mean R@1", new(1.1, -0.9, 3.0), PointsMin: 0),
            new("both − filter", "mean R@1", new(-1.3, -3.2, 0.7), PointsMin: null),
        ],
        Charts = [Chart("ITC", 3.4), Chart("ITM", 0.64), Chart("LM", 3.1), new("Queue", "samples", [new("none", [])])],
        Gallery =
        [
            new(Pixel, "image/png",
            [
                new("web", "best price <b>sale</b>", IsKept: false, 0.02, IsTrue: false),
                new("synthetic", "a small red circle above a blue star", IsKept: true, 0.97, IsTrue: true),
            ]),
            new(Pixel, "image/png", [new("web", "a green square", IsKept: true, 0.81), new("synthetic", "a yellow ring on the left", IsKept: false, 0.31)]),
        ],
        Notes = ["Arms of one seed share initialisation, order, steps and schedule."],
    };

    private static LineChart Chart(string title, double start) => new(title, "samples", [Curve("none", start, 0.6), Curve("both", start, 0.35)]);

    private static Curve Curve(string name, double start, double floor) => new(
        name,
        [
            .. from i in Enumerable.Range(0, 3_000)
               let trend = floor + (1 - floor) * Math.Exp(-i / 700.0)
               select new CurvePoint(i * 32, start * trend * (1 + 0.15 * Math.Sin(i * 12.9))),
        ]);
}
