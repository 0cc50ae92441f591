using System.Collections.Immutable;

namespace OrleansBlip.Cli.Report;

/// <summary>Curves over one horizontal axis.</summary>
/// <param name="Title">What is shown, e.g. <c>Contrastive loss (ITC)</c>.</param>
/// <param name="XLabel">What the horizontal axis counts, e.g. <c>samples</c>.</param>
/// <param name="Curves">One to six curves.</param>
internal sealed record LineChart(string Title, string XLabel, ImmutableArray<Curve> Curves);
