using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Grains.Training.Shards;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Benchmarks.Wire;

/// <summary>A shard that checks what is pushed, on a thread of its own as a real one does, and forgets it; every version that is pulled is the same.</summary>
internal sealed class SinkShard(int length) : IBlockShard, IAsyncDisposable
{
    private readonly DeviceWorker _worker = new("sink");
    private readonly float[] _version = new float[length];

    public BlockBounds? Bounds { get; } = new(length, 1 << 16, sizeof(float) * (long)length, new GradientBuffers(length));

    public Task<PushAnswer> PushAsync(GradientBlock block, BlockArrival? arrival) => _worker.RunAsync(() =>
    {
        bool isWhole = (arrival?.Checksum ?? BlockChecksum.Of(block.Sum.Span)) == block.Checksum;
        arrival?.Memory.Release();
        return new PushAnswer(isWhole ? PushOutcome.Accepted : PushOutcome.BadChecksum, block.View, block.Step);
    });

    public Task<MirrorOutcome> MirrorAsync(SumBlock block, BlockArrival? arrival) => Task.FromResult(MirrorOutcome.Behind);

    public Task<PullAnswer> PullAsync(PullRequest request, TimeSpan patience) => Task.FromResult(new PullAnswer
    {
        Outcome = PullOutcome.Found,
        Block = new ParameterBlock { Version = request.Version, WeightStart = 0, Weights = new FloatBlock(_version), MomentumStart = 0, Momentum = new FloatBlock(Array.Empty<float>()) },
    });

    public ValueTask DisposeAsync() => _worker.DisposeAsync();
}
