using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Leases;

/// <summary>A slot that may be killing the nodes that compute it, or one that is only watched for it.</summary>
[GenerateSerializer, Immutable, Alias("blip.SuspectSlot")]
internal sealed record SuspectSlot
{
    /// <summary>Its step.</summary>
    [Id(0)] public required StepNumber Step { get; init; }

    /// <summary>The slot.</summary>
    [Id(1)] public required int Slot { get; init; }

    /// <summary>Deaths of nodes that held it, alone or with others; 0 for one that is only watched.</summary>
    [Id(2)] public int Deaths { get; init; }

    /// <summary>Those of them at which it was all that the node held, while others had shown that slots can be computed at all.</summary>
    [Id(3)] public int DeathsAlone { get; init; }

    /// <summary>The node that holds it; null where nobody does, or where that does not matter.</summary>
    [Id(4)] public NodeName? Holder { get; init; }

    /// <summary>In which of its lives.</summary>
    [Id(5)] public int HolderGeneration { get; init; }

    /// <summary>Whether the holder's death would count among <see cref="DeathsAlone"/>.</summary>
    [Id(6)] public bool IsAlone { get; init; }

    /// <summary>The slot after its holder's death.</summary>
    public SuspectSlot AfterDeath() => WithoutHolder() with { Deaths = Deaths + 1, DeathsAlone = DeathsAlone + (Deaths > 0 && IsAlone ? 1 : 0) };

    /// <summary>The slot with nobody.</summary>
    public SuspectSlot WithoutHolder() => this with { Holder = null, HolderGeneration = 0, IsAlone = false };
}
