using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary>What <c>dialogue evaluate</c> was asked to do.</summary>
internal sealed record DialogueEvaluationRequest
{
    /// <summary>VisDial's JSON.</summary>
    public required string Dialogues { get; init; }

    /// <summary>The model folder.</summary>
    public required string Model { get; init; }

    /// <summary>What to compute on.</summary>
    public required DeviceChoice Device { get; init; }

    /// <summary>Folder that holds the pictures; null for that of the dialogues.</summary>
    public string? ImageRoot { get; init; }

    /// <summary>VisDial's dense annotations; null for none.</summary>
    public string? Dense { get; init; }

    /// <summary>The most dialogues to look at; null for all.</summary>
    public int? CountMax { get; init; }
}
