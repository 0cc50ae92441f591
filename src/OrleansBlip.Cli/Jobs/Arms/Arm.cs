namespace OrleansBlip.Cli.Jobs.Arms;

/// <summary>
/// A way of making training data (BLIP §4.2, Table 1): the same model, initialisation, order key, steps and schedule on other pairs, of which <c>clean</c>
/// is always a part.
/// </summary>
/// <param name="Name">As options and tables name it.</param>
/// <param name="Data">What it is trained on, in words.</param>
internal sealed record Arm(string Name, string Data)
{
    public const string None = "none", Filter = "filter", Captioner = "captioner", Both = "both", RoundTwo = "round2", Clean = "clean", Random = "random", Oracle = "oracle";

    /// <summary>All of them, in the order of a table: the raw web, CapFilt's parts, their sum and its second round, then the controls.</summary>
    public static IReadOnlyList<Arm> All { get; } =
    [
        new(None, "clean + web"),
        new(Filter, "clean + kept web"),
        new(Captioner, "clean + web + synthetic"),
        new(Both, "clean + kept web + kept synthetic"),
        new(RoundTwo, "as both, captioner and filter from both"),
        new(Clean, "clean alone"),
        new(Random, "clean + as many web pairs, drawn blindly"),
        new(Oracle, "clean + the true web pairs"),
    ];

    /// <summary>What is compared with what; the least points of mean R@1 that must be shown, null where a difference is only told.</summary>
    public static IReadOnlyList<(string Arm, string Other, double? PointsMin)> Comparisons { get; } =
    [
        (Both, None, 3), (Filter, Random, 0), (Captioner, None, 0), (Both, Clean, 0),
        (Both, Filter, null), (RoundTwo, Both, null), (RoundTwo, Filter, null),
    ];
}
