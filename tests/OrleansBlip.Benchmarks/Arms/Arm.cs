namespace OrleansBlip.Benchmarks.Arms;

/// <summary>A way of making training data: the same model, order key, steps and schedule on other pairs. <c>clean</c> is part of each.</summary>
internal sealed record Arm(string Name, string Data)
{
    public const string None = "none", Both = "both", RoundTwo = "round2";

    /// <summary>All of them, in the order of the table.</summary>
    public static IReadOnlyList<Arm> All { get; } =
    [
        new(None, "clean + web"),
        new("filter", "clean + kept web"),
        new("captioner", "clean + web + synthetic"),
        new(Both, "clean + kept web + kept synthetic"),
        new(RoundTwo, "as both, captioner and filter from both"),
        new("clean", "clean alone"),
        new("random", "clean + as many web pairs, drawn blindly"),
        new("oracle", "clean + the true web pairs"),
    ];

    /// <summary>What is compared with what; the least points of mean R@1 that must be shown, null where a difference is only told.</summary>
    public static IReadOnlyList<(string Arm, string Other, double? PointsMin)> Comparisons { get; } =
        [("filter", "random", 0), ("captioner", None, 0), (Both, None, 3), (Both, "clean", 0), (Both, "filter", null), (RoundTwo, Both, null), (RoundTwo, "filter", null)];
}
