namespace OrleansBlip.Cli.Report;

/// <summary>How far one arm is ahead of another.</summary>
/// <param name="Name">The two arms, e.g. <c>both − none</c>.</param>
/// <param name="Metric">In what, e.g. <c>mean R@1</c>.</param>
/// <param name="Estimate">The difference, in the metric's points.</param>
/// <param name="PointsMin">The points that must be shown, with an interval above zero; null for one that is shown whatever its sign.</param>
internal sealed record ArmDifference(string Name, string Metric, Estimate Estimate, double? PointsMin);
