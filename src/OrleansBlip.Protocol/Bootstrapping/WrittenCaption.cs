namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>A picture's synthetic text.</summary>
[GenerateSerializer, Immutable, Alias("blip.WrittenCaption")]
public sealed record WrittenCaption
{
    /// <summary>The text without its prompt; empty when the captioner had nothing to say, or was not asked.</summary>
    [Id(0)] public required string Text { get; init; }

    /// <summary>Σ ln p of its tokens, the end included.</summary>
    [Id(1)] public double LogProbability { get; init; }

    /// <summary>Why the picture is quarantined; null for a picture that was captioned.</summary>
    [Id(2)] public string? Problem { get; init; }
}
