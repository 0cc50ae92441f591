namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>What became of a round's input: every picture is quarantined or has all its texts scored, every scored text is kept or rejected.</summary>
[GenerateSerializer, Immutable, Alias("blip.BootstrapCounts")]
public sealed record BootstrapCounts
{
    /// <summary>Web pictures.</summary>
    [Id(0)] public required int Pictures { get; init; }

    /// <summary>Pictures that cannot be decoded; their texts are in none of the counts below.</summary>
    [Id(1)] public required int Quarantined { get; init; }

    /// <summary>Web texts kept.</summary>
    [Id(2)] public required long WebKept { get; init; }

    /// <summary>Web texts rejected.</summary>
    [Id(3)] public required long WebRejected { get; init; }

    /// <summary>Synthetic texts kept.</summary>
    [Id(4)] public required long SyntheticKept { get; init; }

    /// <summary>Synthetic texts rejected.</summary>
    [Id(5)] public required long SyntheticRejected { get; init; }
}
