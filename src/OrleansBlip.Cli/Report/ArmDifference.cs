namespace OrleansBlip.Cli.Report;

/// <summary>How far one arm is ahead of another.</summary>
/// <param name="Name">The two arms, e.g. <c>both − none</c>.</param>
/// <param name="Metric">In what, e.g. <c>mean R@1</c>.</param>
/// <param name="Estimate">The difference, in the metric's points.</param>
/// <param name="IsRequired">Whether it is expected to be above zero; others are shown whatever their sign.</param>
internal sealed record ArmDifference(string Name, string Metric, Estimate Estimate, bool IsRequired);
