namespace OrleansBlip.Protocol.Steps;

/// <summary>A shard of a run's parameters, or its backup: it sums gradients in the fixed tree, takes the optimizer's step and publishes versions. Gradients and versions do not come as calls: between
/// nodes they travel on connections of their own, to which <see cref="Admit"/> admits. Key: <see cref="ShardIndex.GrainKey"/>; pinned to the node.</summary>
[Alias("blip.IParameterShard"), GrainInterfaceType("blip.IParameterShard")]
public interface IParameterShard : IGrainWithStringKey
{
    /// <summary>Holds the shard; answered by <see cref="ICoordinator.ShardOpened"/>.</summary>
    [Alias("Open")]
    Task Open(ShardAssignment assignment);

    /// <summary>Carries a decision out.</summary>
    [Alias("Decide")]
    Task<VerdictAnswer> Decide(Verdict verdict);

    /// <summary>A part of the owner's content, for a new backup; null while the owner does not stand open under the request's view.</summary>
    [Alias("Part")]
    Task<ShardPart?> Part(ShardPartRequest request);

    /// <summary>A ticket for one connection, on which blocks are pushed and pulled without grain calls; null where the shard is not held in that view.</summary>
    [Alias("Admit")]
    Task<StreamTicket?> Admit(ViewNumber view);

    /// <summary>Frees what the shard holds, unless a higher view has opened it again.</summary>
    [Alias("Close")]
    Task Close(ViewNumber view);
}
