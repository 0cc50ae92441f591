using System.Collections.Immutable;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>A shard on another node. Several blocks travel to it at once, on a connection each; as many more wait. Thread-safe.</summary>
internal sealed class RemoteShard : IShardLink, IAsyncDisposable
{
    /// <summary>Answers are short but for the numbers.</summary>
    private const int AnswerBytesMax = 4096;

    private readonly ShardShape _shape;
    private readonly DataPlaneOptions _options;
    private readonly StreamPool _pushes, _pulls;
    private readonly Lock _lock = new();

    // Oldest first; two of them, since a version is read while the next one comes.
    private readonly List<PulledVersion> _pulled = [];

    public RemoteShard(Func<ViewNumber, Task<StreamTicket?>> admit, ShardShape shape, StreamConnector connector, DataPlaneOptions options)
    {
        _shape = shape;
        _options = options;
        // Apart: pulls wait for a version, and the pushes that make it must not wait for them.
        _pushes = new StreamPool(admit, connector, options.StreamsPerShardMax);
        _pulls = new StreamPool(admit, connector, options.StreamsPerShardMax);
    }

    public async Task<PushAnswer> PushAsync(GradientBlock block, CancellationToken cancellation)
    {
        var badShape = new PushAnswerHeader { Outcome = (int)PushOutcome.BadShape, View = block.View.Value, Step = block.Step.Value };
        var answer = await _pushes.WithStreamAsync(block.View, BlockHeaders.BytesOf(block.Sum, block.Features), stream => PushAsync(stream, block, cancellation), badShape, cancellation);
        return answer is null ? new PushAnswer(PushOutcome.Fenced, default, default) : new PushAnswer((PushOutcome)answer.Outcome, new ViewNumber(answer.View), new StepNumber(answer.Step));
    }

    public async Task<MirrorOutcome> MirrorAsync(SumBlock block, CancellationToken cancellation)
    {
        var badShape = new SumAnswerHeader { Outcome = (int)MirrorOutcome.BadShape };
        var answer = await _pushes.WithStreamAsync(block.View, BlockHeaders.BytesOf(block.Sum, block.Features), stream => MirrorAsync(stream, block, cancellation), badShape, cancellation);
        return answer is null ? MirrorOutcome.Behind : (MirrorOutcome)answer.Outcome;
    }

    public async Task<PullAnswer> PullAsync(PullRequest request, IPullListener? listener, CancellationToken cancellation)
    {
        var fenced = new PullAnswer { Outcome = PullOutcome.Fenced };
        return await _pulls.WithStreamAsync(request.View, bodyBytes: 0, stream => PullAsync(stream, request, listener, cancellation), fenced, cancellation) ?? fenced;
    }

    public async ValueTask DisposeAsync()
    {
        await _pushes.DisposeAsync();
        await _pulls.DisposeAsync();
    }

    private async Task<PushAnswerHeader> PushAsync(BlockStream stream, GradientBlock block, CancellationToken cancellation)
    {
        await stream.WriteFrameAsync(FrameKind.Push, BlockHeaders.Of(block), cancellation);
        await WriteBodyAsync(stream, block.Sum, block.Features, cancellation);
        return (await ReadAnswerAsync(stream, cancellation)).Read<PushAnswerHeader>(FrameKind.PushAnswer);
    }

    private async Task<SumAnswerHeader> MirrorAsync(BlockStream stream, SumBlock block, CancellationToken cancellation)
    {
        await stream.WriteFrameAsync(FrameKind.Sum, BlockHeaders.Of(block), cancellation);
        await WriteBodyAsync(stream, block.Sum, block.Features, cancellation);
        return (await ReadAnswerAsync(stream, cancellation)).Read<SumAnswerHeader>(FrameKind.SumAnswer);
    }

    private static async Task WriteBodyAsync(BlockStream stream, FloatBlock sum, ImmutableArray<FeatureBlock> features, CancellationToken cancellation)
    {
        await stream.WriteSumAsync(sum.Values, sum.Precision, cancellation);
        foreach (var slot in features)
        {
            await stream.WriteRawAsync(slot.Image.Values, isHashed: true, cancellation);
            await stream.WriteRawAsync(slot.Text.Values, isHashed: true, cancellation);
            await stream.WriteRawAsync(slot.Ids, isHashed: true, cancellation);
        }
        await stream.WriteChecksumAsync(cancellation);
    }

    private async Task<PullAnswer> PullAsync(BlockStream stream, PullRequest request, IPullListener? listener, CancellationToken cancellation)
    {
        var (room, before) = TakeRoom(request);
        try
        {
            bool hasBefore = before?.Queue is not null;
            await stream.WriteFrameAsync(FrameKind.Pull, new PullHeader { View = request.View.Value, Version = request.Version.Value, HasQueueBefore = hasBefore }, cancellation);
            var header = (await ReadAnswerAsync(stream, cancellation)).Read<PullAnswerHeader>(FrameKind.PullAnswer);
            if ((PullOutcome)header.Outcome != PullOutcome.Found) return new PullAnswer { Outcome = (PullOutcome)header.Outcome };
            if (!_shape.Fits(header)) throw new FrameException("another shape");
            await ReadQueueAsync(stream, header, room, before, cancellation);
            if (room.Weights.Length != header.WeightCount) room.Weights = GC.AllocateUninitializedArray<float>(header.WeightCount);
            if (room.Momentum.Length != header.MomentumCount) room.Momentum = GC.AllocateUninitializedArray<float>(header.MomentumCount);
            var block = BlockOf(header, request.Version, room);
            listener?.Begins(block);
            await stream.ReadRawAsync<float>(room.Weights, _options.Silence, cancellation, come => listener?.Came(come, 0));
            await stream.ReadRawAsync<float>(room.Momentum, _options.Silence, cancellation, come => listener?.Came(room.Weights.Length, come));
            if (!await stream.ReadChecksumAsync(_options.Silence, cancellation)) throw new FrameException("damaged block");
            room.Key = (request.View.Value, request.Version.Value);
            return new PullAnswer { Outcome = PullOutcome.Found, Block = block };
        }
        finally
        {
            GiveBack(room);
        }
    }

    private async Task ReadQueueAsync(BlockStream stream, PullAnswerHeader header, PulledVersion room, PulledVersion? before, CancellationToken cancellation)
    {
        if (header.Queue is not { } queue)
        {
            room.Queue = null;
            return;
        }
        if (room.Queue?.Ids.Length != queue.Count) room.Queue = new PulledQueue(queue.Count, queue.Width);
        if (queue.Rows < queue.Count) room.Queue.CopyFrom(before?.Queue ?? throw new FrameException("another shape"));
        await QueueRows.ReadAsync(stream, room.Queue, queue, _options.Silence, cancellation);
    }

    private async Task<Frame> ReadAnswerAsync(BlockStream stream, CancellationToken cancellation)
    {
        while (true)
        {
            var frame = await stream.ReadFrameAsync(AnswerBytesMax, _options.Silence, cancellation) ?? throw new EndOfStreamException("The other end has closed the connection without an answer.");
            if (frame.Kind != FrameKind.Wait) return frame;
        }
    }

    /// <summary>Memory for a version, and the version before where it is here. Memory that another pull is reading into is not taken.</summary>
    private (PulledVersion Room, PulledVersion? Before) TakeRoom(PullRequest request)
    {
        lock (_lock)
        {
            var before = _pulled.Find(version => version.Key == (request.View.Value, request.Version.Value - 1));
            PulledVersion? room = null;
            if (_pulled.Count > 1)
            {
                room = _pulled.Find(version => version != before)!;
                _pulled.Remove(room);
                room.Key = null;
            }
            return (room ?? new PulledVersion(), before);
        }
    }

    private void GiveBack(PulledVersion room)
    {
        lock (_lock)
        {
            // Of pulls beside each other, those that would make it more than two let theirs go to the collector.
            if (_pulled.Count < 2) _pulled.Add(room);
        }
    }

    private static ParameterBlock BlockOf(PullAnswerHeader header, StepNumber version, PulledVersion pulled) => new()
    {
        Version = version,
        WeightStart = header.WeightStart,
        Weights = new FloatBlock(pulled.Weights),
        MomentumStart = header.MomentumStart,
        Momentum = new FloatBlock(pulled.Momentum),
        Queue = pulled.Queue?.ToBlock(),
    };
}
