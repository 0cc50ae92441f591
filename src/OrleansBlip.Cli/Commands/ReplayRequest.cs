using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary>What <c>replay</c> was asked to do.</summary>
internal sealed record ReplayRequest
{
    /// <summary>The training's folder, or that of its checkpoints.</summary>
    public required string Folder { get; init; }

    /// <summary>The step, from 0.</summary>
    public required long Step { get; init; }

    /// <summary>What to compute on.</summary>
    public required DeviceChoice Device { get; init; }
}
