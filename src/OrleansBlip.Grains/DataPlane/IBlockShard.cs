using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>A shard, as the data plane sees it.</summary>
internal interface IBlockShard
{
    /// <summary>What it takes in; null before it holds anything. Another object for each content that it is filled with.</summary>
    BlockBounds? Bounds { get; }

    /// <summary>A block comes in.</summary>
    /// <param name="block">The block.</param>
    /// <param name="arrival">How it came; null where its memory stays the sender's, or it comes without its sum.</param>
    Task<PushAnswer> PushAsync(GradientBlock block, BlockArrival? arrival);

    /// <summary>The sum of the shard's owner comes in; the rest is as for a block.</summary>
    Task<MirrorOutcome> MirrorAsync(SumBlock block, BlockArrival? arrival);

    /// <summary>A version is asked for; <see cref="PullOutcome.NotYet"/> after <paramref name="patience"/>.</summary>
    Task<PullAnswer> PullAsync(PullRequest request, TimeSpan patience);
}
