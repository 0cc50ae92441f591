using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>A shard on this node: blocks are handed over by reference, without a message.</summary>
/// <param name="find">The shard, as it stands now; null where it is not held.</param>
internal sealed class LocalShard(Func<IBlockShard?> find) : IShardLink
{
    /// <summary>How long a pull waits before it is asked for again.</summary>
    private static readonly TimeSpan PullPatience = TimeSpan.FromSeconds(10);

    private static readonly Task<PushAnswer> Fenced = Task.FromResult(new PushAnswer(PushOutcome.Fenced, default, default));

    /// <summary>Pushes a block and gives up its sum's memory, which the shard may keep instead of a copy; once only. Where the task fails the block may be pushed, but not given again.</summary>
    /// <param name="block">The block.</param>
    /// <param name="memory">What its sum lies in, perhaps with those of other shards.</param>
    public Task<PushAnswer> GiveAsync(GradientBlock block, SumMemory memory) => find()?.PushAsync(block, new BlockArrival(memory)) ?? Fenced;

    public Task<PushAnswer> PushAsync(GradientBlock block, CancellationToken cancellation) => find()?.PushAsync(block, null) ?? Fenced;

    public Task<MirrorOutcome> MirrorAsync(SumBlock block, CancellationToken cancellation) => find()?.MirrorAsync(block, null) ?? Task.FromResult(MirrorOutcome.Behind);

    public Task<PullAnswer> PullAsync(PullRequest request, IPullListener? listener, CancellationToken cancellation) =>
        find()?.PullAsync(request, PullPatience) ?? Task.FromResult(new PullAnswer { Outcome = PullOutcome.Fenced });
}
