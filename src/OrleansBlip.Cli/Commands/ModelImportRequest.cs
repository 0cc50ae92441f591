namespace OrleansBlip.Cli.Commands;

/// <summary>What <c>model import</c> was asked to do.</summary>
internal sealed record ModelImportRequest
{
    /// <summary>The weights: a file, or a folder that holds one.</summary>
    public required string Source { get; init; }

    /// <summary>The model folder to write.</summary>
    public required string Out { get; init; }

    /// <summary>The family; null to tell it by the tensors.</summary>
    public required string? Family { get; init; }

    /// <summary>Vocabulary file; null for the one beside the weights.</summary>
    public required string? Vocabulary { get; init; }

    /// <summary>Attention heads; null for those of config.json, or one per 64 channels.</summary>
    public required int? Heads { get; init; }

    /// <summary>Side of the pictures; null for that of the weights.</summary>
    public required int? ImageSize { get; init; }

    /// <summary>What captions begin with.</summary>
    public required string Prompt { get; init; }
}
