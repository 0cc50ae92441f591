namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>Pictures to be captioned.</summary>
[GenerateSerializer, Immutable, Alias("blip.CaptionLease")]
public sealed record CaptionLease
{
    /// <summary>The captioner.</summary>
    [Id(0)] public required ModelReference Model { get; init; }

    /// <summary>The data set.</summary>
    [Id(1)] public required DataReference Data { get; init; }

    /// <summary>The pictures.</summary>
    [Id(2)] public required PictureRange Pictures { get; init; }

    /// <summary>The round: another one draws other texts.</summary>
    [Id(3)] public required int Round { get; init; }

    /// <summary>How texts are drawn.</summary>
    [Id(4)] public required CaptionSettings Settings { get; init; }
}
