using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>The way of blocks to and from a shard: by reference within a node, by the data plane between nodes.</summary>
internal interface IShardLink
{
    /// <summary>Pushes a block. When the task ends, its memory is read no more, unless it was given up.</summary>
    /// <exception cref="IOException">Nobody knows what became of it: it may be pushed again.</exception>
    Task<PushAnswer> PushAsync(GradientBlock block, CancellationToken cancellation);

    /// <summary>Gives the shard, a backup, its owner's sum.</summary>
    /// <exception cref="IOException">Nobody knows what became of it: it may be given again.</exception>
    Task<MirrorOutcome> MirrorAsync(SumBlock block, CancellationToken cancellation);

    /// <summary>Pulls a version, and waits for it. What it holds is overwritten when the second version after it is pulled.</summary>
    /// <param name="request">What is wanted.</param>
    /// <param name="listener">Told of what has come, where it comes by and by; null where nobody wants to know.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="IOException">It did not come: it may be asked for again.</exception>
    Task<PullAnswer> PullAsync(PullRequest request, IPullListener? listener, CancellationToken cancellation);
}
