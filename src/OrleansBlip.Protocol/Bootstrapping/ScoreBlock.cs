using System.Collections.Immutable;

namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>The scores of a range of pictures.</summary>
[GenerateSerializer, Immutable, Alias("blip.ScoreBlock")]
public sealed record ScoreBlock
{
    /// <summary>The pictures.</summary>
    [Id(0)] public required PictureRange Pictures { get; init; }

    /// <summary>For each of them, in their order: its web texts' scores, then its synthetic text's; none for a picture in quarantine.</summary>
    [Id(1)] public required ImmutableArray<ImmutableArray<TextScore>> Scores { get; init; }
}
