using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary>What <c>doctor</c> was asked to do.</summary>
internal sealed record DoctorRequest
{
    /// <summary>Folder whose disk is looked at.</summary>
    public required string Folder { get; init; }

    /// <summary>What to compute on.</summary>
    public required DeviceChoice Device { get; init; }
}
