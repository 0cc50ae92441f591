using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Cli.Commands;

/// <summary>What <c>shapeworld</c> was asked to do.</summary>
internal sealed record ShapeWorldRequest
{
    /// <summary>Folder to write.</summary>
    public required string Out { get; init; }

    /// <summary>The world.</summary>
    public required ShapeWorldSpec Spec { get; init; }
}
