using System.Collections.Immutable;

namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>Pictures whose texts are to be scored.</summary>
[GenerateSerializer, Immutable, Alias("blip.ScoreLease")]
public sealed record ScoreLease
{
    /// <summary>The filter.</summary>
    [Id(0)] public required ModelReference Model { get; init; }

    /// <summary>The data set, which holds the web texts.</summary>
    [Id(1)] public required DataReference Data { get; init; }

    /// <summary>What the captioner made of the pictures; those in quarantine are not scored.</summary>
    [Id(2)] public required CaptionBlock Captions { get; init; }

    /// <summary>The pictures.</summary>
    public PictureRange Pictures => Captions.Pictures;

    /// <summary>The synthetic texts, in the pictures' order.</summary>
    public ImmutableArray<WrittenCaption> Synthetic => Captions.Captions;
}
