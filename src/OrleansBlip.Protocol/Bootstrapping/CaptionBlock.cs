using System.Collections.Immutable;

namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>The texts written for a range of pictures.</summary>
[GenerateSerializer, Immutable, Alias("blip.CaptionBlock")]
public sealed record CaptionBlock
{
    /// <summary>The pictures.</summary>
    [Id(0)] public required PictureRange Pictures { get; init; }

    /// <summary>One for each of them, in their order.</summary>
    [Id(1)] public required ImmutableArray<WrittenCaption> Captions { get; init; }
}
