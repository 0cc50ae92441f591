using Orleans.Concurrency;

namespace OrleansBlip.Protocol.Steps;

/// <summary>A shard of a run's parameters, or its backup: it sums gradients in the fixed tree, takes the optimizer's step and publishes versions. Key: <see cref="ShardIndex.GrainKey"/>; pinned to the node.</summary>
[Alias("blip.IParameterShard"), GrainInterfaceType("blip.IParameterShard")]
public interface IParameterShard : IGrainWithStringKey
{
    /// <summary>Holds the shard; answered by <see cref="ICoordinator.ShardOpened"/>.</summary>
    [Alias("Open")]
    Task Open(ShardAssignment assignment);

    /// <summary>Adds a sum of slot gradients.</summary>
    [Alias("Push")]
    Task<PushAnswer> Push(GradientBlock block);

    /// <summary>Carries a decision out.</summary>
    [Alias("Decide")]
    Task<VerdictAnswer> Decide(Verdict verdict);

    /// <summary>Gives a shard's backup the sum of a step.</summary>
    [Alias("Mirror")]
    Task<MirrorOutcome> Mirror(SumBlock block);

    /// <summary>A part of the owner's content, for a new backup; null while the owner does not stand open under the request's view.</summary>
    [Alias("Part")]
    Task<ShardPart?> Part(ShardPartRequest request);

    /// <summary>
    /// A version's block. It waits up to 10 s for the version to be published, beside other calls: were it to hold up the grain, it would block
    /// the very pushes it waits for.
    /// </summary>
    [Alias("Pull"), AlwaysInterleave]
    Task<PullAnswer> Pull(PullRequest request);

    /// <summary>A ticket for one connection, on which blocks are pushed and pulled without grain calls; null where the shard is not held in that view.</summary>
    [Alias("Admit")]
    Task<StreamTicket?> Admit(ViewNumber view);

    /// <summary>Frees what the shard holds, unless a higher view has opened it again.</summary>
    [Alias("Close")]
    Task Close(ViewNumber view);
}
