using System.Collections.Immutable;

namespace OrleansBlip.Cli.Report;

/// <summary>One arm of the comparison.</summary>
/// <param name="Name">The arm, e.g. <c>both</c>.</param>
/// <param name="Data">What it was trained on, in words.</param>
/// <param name="Values">One for each of the report's metrics, null where there is none.</param>
internal sealed record ArmRow(string Name, string Data, ImmutableArray<Estimate?> Values);
