namespace OrleansBlip.Benchmarks.Speed;

/// <summary>One row of reference/speed.md: what the reference did on two cores, and its floating-point operations.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Samples">Samples of a call.</param>
/// <param name="Gigaflops">Operations of the reference's matrix products in a call: a share counts these, so that work which is saved counts as done.</param>
/// <param name="ReferenceShare">Share of the machine's matrix product that the reference reached.</param>
/// <param name="ReferenceGigabytes">Its peak of resident memory, in units of 10⁹ bytes.</param>
/// <param name="Aim">The share to reach.</param>
internal sealed record SpeedCase(string Name, int Samples, double Gigaflops, double ReferenceShare, double ReferenceGigabytes, double Aim)
{
    public static IReadOnlyList<SpeedCase> All { get; } =
    [
        new("pretrain-base", 4, 1226, 0.57, 7.7, 0.80),
        new("pretrain-small", 32, 136, 0.44, 1.25, 0.75),
        new("caption-beam-base", 2, 1821, 0.75, 1.3, 3.0),
        new("caption-nucleus-base", 2, 755, 0.61, 1.3, 1.4),
        new("filter-base", 4, 527, 0.57, 1.45, 0.80),
        new("caption-beam-small", 32, 114, 0.46, 0.4, 3.0),
        new("caption-nucleus-small", 32, 46, 0.36, 0.4, 1.4),
        new("filter-small", 32, 17.9, 0.58, 0.37, 0.80),
    ];

    public bool IsBase => Name.EndsWith("base", StringComparison.Ordinal);

    public bool IsTraining => Name.StartsWith("pretrain", StringComparison.Ordinal);
}
