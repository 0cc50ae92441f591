using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>One connection at the end of the node that holds a shard: a ticket, then blocks one after the other, each answered before the next.</summary>
/// <param name="stream">The connection.</param>
/// <param name="admission">What its ticket admits to.</param>
/// <param name="find">The shard, as it stands now; null where it is no longer held.</param>
/// <param name="options">Patience.</param>
/// <param name="time">The clock.</param>
internal sealed class BlockConnection(BlockStream stream, TicketDesk.Admission admission, Func<IBlockShard?> find, DataPlaneOptions options, TimeProvider time)
{
    /// <summary>Reads the ticket.</summary>
    /// <exception cref="FrameException">It is none, or no good.</exception>
    public static async Task<TicketDesk.Admission> AdmitAsync(BlockStream stream, TicketDesk desk, TimeSpan silence, CancellationToken cancellation)
    {
        // A Guid in MessagePack is 36 letters; nothing longer is read from a stranger.
        const int HelloBytesMax = 48;
        var hello = await stream.ReadFrameAsync(HelloBytesMax, silence, cancellation) ?? throw new FrameException("no ticket");
        return desk.Redeem(hello.Read<HelloHeader>(FrameKind.Hello).Ticket) ?? throw new FrameException("wrong ticket");
    }

    /// <summary>Serves until the other end closes.</summary>
    /// <exception cref="IOException">The connection is broken, or the other end says what it may not.</exception>
    public async Task ServeAsync(CancellationToken cancellation)
    {
        while (await stream.ReadFrameAsync(admission.HeaderBytesMax, options.IdleMax, cancellation) is { } frame)
        {
            switch (frame.Kind)
            {
                case FrameKind.Push:
                    await PushAsync(frame.Read<PushHeader>(FrameKind.Push), cancellation);
                    break;
                case FrameKind.Sum:
                    await MirrorAsync(frame.Read<SumHeader>(FrameKind.Sum), cancellation);
                    break;
                default:
                    await PullAsync(frame.Read<PullHeader>(FrameKind.Pull), cancellation);
                    break;
            }
        }
    }

    private async Task PushAsync(PushHeader header, CancellationToken cancellation)
    {
        var answer = await TakeAsync(
            new Body((GradientPrecision)header.Precision, header.Length, header.Features),
            (shard, sum, features, arrival) => shard.PushAsync(BlockHeaders.ToBlock(header, sum, features), arrival),
            fenced: new PushAnswer(PushOutcome.Fenced, default, default),
            damaged: new PushAnswer(PushOutcome.BadChecksum, new ViewNumber(header.View), new StepNumber(header.Step)),
            cancellation);
        await stream.WriteFrameAsync(FrameKind.PushAnswer, new PushAnswerHeader { Outcome = (int)answer.Outcome, View = answer.View.Value, Step = answer.Step.Value }, cancellation);
    }

    private async Task MirrorAsync(SumHeader header, CancellationToken cancellation)
    {
        var outcome = await TakeAsync(
            new Body((GradientPrecision)header.Precision, header.Length, header.Features),
            (shard, sum, features, arrival) => shard.MirrorAsync(BlockHeaders.ToBlock(header, sum, features), arrival),
            fenced: MirrorOutcome.Behind,
            damaged: MirrorOutcome.BadChecksum,
            cancellation);
        await stream.WriteFrameAsync(FrameKind.SumAnswer, new SumAnswerHeader { Outcome = (int)outcome }, cancellation);
    }

    /// <summary>Reads what follows a header into the shard's own memory and hands it over.</summary>
    private async Task<T> TakeAsync<T>(
        Body body, Func<IBlockShard, FloatBlock, ImmutableArray<FeatureBlock>, BlockArrival?, Task<T>> hand, T fenced, T damaged, CancellationToken cancellation)
    {
        if (!Enum.IsDefined(body.Precision) || body.Length < 0 || body.Features.Any(IsNegative)) throw new FrameException("bad lengths");
        long bytes = BlockHeaders.BytesOf(body.Precision, body.Length, body.Features);
        if (bytes > admission.BodyBytesMax) throw new FrameException("long body");

        var shard = find();
        // A block of another length cannot be this shard's: its sender knows another view, or another run.
        if (shard?.Bounds is not { } bounds || bounds.Length != body.Length)
        {
            await stream.SkipAsync(bytes + sizeof(ulong), options.Silence, cancellation);
            return shard?.Bounds is null ? fenced : await hand(shard, default, [], null);
        }
        await bounds.Places.WaitAsync(cancellation);
        float[]? room = bounds.Buffers.Rent();
        try
        {
            ulong checksum = await stream.ReadSumAsync(room, body.Precision, options.Silence, cancellation);
            var features = await ReadFeaturesAsync(body.Features, cancellation);
            if (!await stream.ReadChecksumAsync(options.Silence, cancellation)) return damaged;
            var work = hand(shard, new FloatBlock(room, body.Precision), features, new BlockArrival(new SumMemory(room, bounds.Buffers), checksum));
            room = null; // the shard's now
            return await WithHeartbeatAsync(work, cancellation);
        }
        finally
        {
            if (room is not null) bounds.Buffers.Return(room);
            bounds.Places.Release();
        }
    }

    private async Task<ImmutableArray<FeatureBlock>> ReadFeaturesAsync(FeatureHeader[] headers, CancellationToken cancellation)
    {
        var features = ImmutableArray.CreateBuilder<FeatureBlock>(headers.Length);
        foreach (var slot in headers)
        {
            var (image, text, ids) = (new float[slot.ImageLength], new float[slot.TextLength], new long[slot.IdCount]);
            await stream.ReadRawAsync<float>(image, options.Silence, cancellation);
            await stream.ReadRawAsync<float>(text, options.Silence, cancellation);
            await stream.ReadRawAsync<long>(ids, options.Silence, cancellation);
            features.Add(new FeatureBlock { Slot = slot.Slot, Image = new FloatBlock(image), Text = new FloatBlock(text), Ids = ids });
        }
        return features.ToImmutable();
    }

    private async Task PullAsync(PullHeader header, CancellationToken cancellation)
    {
        var request = new PullRequest { View = new ViewNumber(header.View), Version = new StepNumber(header.Version) };
        PullAnswer answer;
        while (true)
        {
            // Asked for anew each time: the shard may have gone, or come, meanwhile.
            answer = find() is { } shard ? await shard.PullAsync(request, options.Heartbeat) : new PullAnswer { Outcome = PullOutcome.Fenced };
            if (answer.Outcome != PullOutcome.NotYet) break;
            await stream.WriteFrameAsync(FrameKind.Wait, EmptyHeader.Value, cancellation);
        }
        if (answer.Block is not { } block)
        {
            await stream.WriteFrameAsync(FrameKind.PullAnswer, new PullAnswerHeader { Outcome = (int)answer.Outcome }, cancellation);
            return;
        }
        var queue = block.Queue is { } whole ? QueueRows.HeaderOf(whole, header.HasQueueBefore) : null;
        await stream.WriteFrameAsync(
            FrameKind.PullAnswer,
            new PullAnswerHeader
            {
                Outcome = (int)answer.Outcome, WeightStart = block.WeightStart, WeightCount = block.Weights.Length, MomentumStart = block.MomentumStart, MomentumCount = block.Momentum.Length, Queue = queue,
            },
            cancellation);
        // The shard overwrites a version when the second one after it is made. A caller so late gets torn numbers, for a step whose sums nobody takes any more.
        // The queue is short and comes first: then the caller can compute with the first weights while the last are on their way.
        if (queue is not null) await QueueRows.WriteAsync(stream, block.Queue!, queue, cancellation);
        await stream.WriteRawAsync(block.Weights.Values, isHashed: true, cancellation);
        await stream.WriteRawAsync(block.Momentum.Values, isHashed: true, cancellation);
        await stream.WriteChecksumAsync(cancellation);
    }

    private async Task<T> WithHeartbeatAsync<T>(Task<T> work, CancellationToken cancellation)
    {
        while (true)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var pause = Task.Delay(options.Heartbeat, time, stop.Token);
            bool isDone = await Task.WhenAny(work, pause) == work;
            await stop.CancelAsync();
            cancellation.ThrowIfCancellationRequested();
            if (isDone) return await work;
            await stream.WriteFrameAsync(FrameKind.Wait, EmptyHeader.Value, cancellation);
        }
    }

    private static bool IsNegative(FeatureHeader slot) => slot.ImageLength < 0 || slot.TextLength < 0 || slot.IdCount < 0;

    /// <summary>What a header says of what follows it.</summary>
    private readonly record struct Body(GradientPrecision Precision, int Length, FeatureHeader[] Features);
}
