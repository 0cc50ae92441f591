namespace OrleansBlip.Cli.Report;

/// <summary>A measured value and, when there is one, its 95% interval.</summary>
internal sealed record Estimate(double Value, double? Low = null, double? High = null);
