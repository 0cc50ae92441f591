using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Protocol.Steps;

/// <summary>The momentum features of one slot, bound for the feature queue.</summary>
[GenerateSerializer, Immutable, Alias("blip.FeatureBlock")]
public sealed record FeatureBlock
{
    /// <summary>The slot.</summary>
    [Id(0)] public required int Slot { get; init; }

    /// <summary>Image features, (b, d) row by row.</summary>
    [Id(1)] public required FloatBlock Image { get; init; }

    /// <summary>Text features, (b, d) row by row.</summary>
    [Id(2)] public required FloatBlock Text { get; init; }

    /// <summary>The pictures' ids, (b).</summary>
    [Id(3)] public required ReadOnlyMemory<long> Ids { get; init; }
}
