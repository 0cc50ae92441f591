namespace OrleansBlip.Protocol.Steps;

/// <summary>Lets its bearer open one connection to the node that holds a shard, beside the grain calls: blocks travel there.</summary>
[GenerateSerializer, Immutable, Alias("blip.StreamTicket")]
public sealed record StreamTicket
{
    /// <summary>The ticket: random, good once and for a short while.</summary>
    [Id(0)] public required Guid Secret { get; init; }

    /// <summary>The node's IP address.</summary>
    [Id(1)] public required string Address { get; init; }

    /// <summary>Its port for blocks.</summary>
    [Id(2)] public required int Port { get; init; }

    /// <summary>Bytes of the longest header that the shard reads.</summary>
    [Id(3)] public required int HeaderBytesMax { get; init; }

    /// <summary>Bytes of the longest block that the shard reads.</summary>
    [Id(4)] public required long BodyBytesMax { get; init; }
}
