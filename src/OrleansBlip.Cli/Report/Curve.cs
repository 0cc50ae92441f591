using System.Collections.Immutable;

namespace OrleansBlip.Cli.Report;

/// <summary>A named series of points with rising x; points that are not finite leave a gap.</summary>
internal sealed record Curve(string Name, ImmutableArray<CurvePoint> Points);
