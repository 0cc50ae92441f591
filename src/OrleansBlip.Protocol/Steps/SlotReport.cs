using System.Collections.Immutable;

namespace OrleansBlip.Protocol.Steps;

/// <summary>What a slot's computation tells beside its gradient.</summary>
[GenerateSerializer, Immutable, Alias("blip.SlotReport")]
public sealed record SlotReport
{
    /// <summary>The slot.</summary>
    [Id(0)] public required int Slot { get; init; }

    /// <summary>Losses by objective, in the order of the model's composition.</summary>
    [Id(1)] public required ImmutableArray<SlotLoss> Losses { get; init; }

    /// <summary>Whether all losses and the gradient are finite.</summary>
    [Id(2)] public required bool Finite { get; init; }

    /// <summary>
    /// The samples of a slot that is not finite, to find the culprit, numbered as pairs of the data set from 0: data sets in the order given, their pictures shard by shard, each picture's texts
    /// in their order. Two captions of one picture are two samples. Empty for a slot that is finite. <c>blip replay</c> names picture and text of each.
    /// </summary>
    [Id(3)] public ImmutableArray<long> SampleIds { get; init; } = [];
}
