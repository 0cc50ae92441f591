using System.Collections.Immutable;

namespace OrleansBlip.Cli.Report;

/// <summary>All that a report shows, ready to be written down.</summary>
internal sealed record ReportContent
{
    /// <summary>Headline, e.g. what was compared.</summary>
    public required string Title { get; init; }

    /// <summary>One or two sentences with the result.</summary>
    public required string Summary { get; init; }

    /// <summary>What was run: seed, sizes, time, data.</summary>
    public ImmutableArray<ReportFact> Facts { get; init; } = [];

    /// <summary>Loss curves, one chart for each loss or phase.</summary>
    public ImmutableArray<LineChart> Charts { get; init; } = [];

    /// <summary>Names of the columns of <see cref="Arms"/>, e.g. <c>TR@1</c>.</summary>
    public ImmutableArray<string> Metrics { get; init; } = [];

    /// <summary>One row for each arm.</summary>
    public ImmutableArray<ArmRow> Arms { get; init; } = [];

    /// <summary>Differences between arms with their intervals.</summary>
    public ImmutableArray<ArmDifference> Differences { get; init; } = [];

    /// <summary>Examples of what the filter kept and rejected.</summary>
    public ImmutableArray<GalleryPicture> Gallery { get; init; } = [];

    /// <summary>What else must be said, a paragraph each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];
}
