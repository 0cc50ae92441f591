using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>A shard on this node: the grain's messages are immutable, and so handed over as they are.</summary>
internal sealed class LocalShard(IParameterShard grain) : IShardLink
{
    public Task<PushAnswer> PushAsync(GradientBlock block, CancellationToken cancellation) => grain.Push(block);

    public Task<MirrorOutcome> MirrorAsync(SumBlock block, CancellationToken cancellation) => grain.Mirror(block);

    public Task<PullAnswer> PullAsync(PullRequest request, IPullListener? listener, CancellationToken cancellation) => grain.Pull(request);
}
