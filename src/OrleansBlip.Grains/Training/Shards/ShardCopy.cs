using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Objectives;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Grains.Training.Shards;

/// <summary>A shard's content on its way from the owner to a new backup, part by part. The owner stands still meanwhile: no step is decided before all shards stand open.</summary>
internal sealed class ShardCopy
{
    /// <summary>Numbers of a piece, 4 MiB: in larger messages other calls would wait behind them.</summary>
    private const int PieceLength = 1 << 20;

    private const int SendsMax = 3;

    /// <summary>A part that the owner cannot give yet is asked for again after this time.</summary>
    private static readonly TimeSpan NotYetPause = TimeSpan.FromMilliseconds(20);

    private static readonly ShardPartKind[] Kinds = Enum.GetValues<ShardPartKind>();

    private readonly ShardPart[] _parts;

    private ShardCopy(ShardPart[] parts) => _parts = parts;

    /// <summary>The version.</summary>
    public StepNumber Version => _parts[0].Version;

    /// <summary>The sum of the step under way; null where it is not complete.</summary>
    public ShardPart? Sum => this[ShardPartKind.Sum] is { IsSealed: true } sum ? sum : null;

    private ShardPart this[ShardPartKind kind] => _parts[(int)kind];

    /// <summary>The owner's side: a piece of a part of what it holds, which stays its own memory.</summary>
    /// <param name="kind">Which part.</param>
    /// <param name="start">The piece's first number.</param>
    /// <param name="memory">What the owner holds.</param>
    /// <param name="isSealed">Whether the sum of the step under way is complete.</param>
    public static ShardPart Give(ShardPartKind kind, int start, ShardMemory memory, bool isSealed)
    {
        var (state, queue) = memory.Content;
        var sum = kind == ShardPartKind.Sum && isSealed ? memory.WholeSum(default, memory.Published.Version) : null;
        var values = kind switch
        {
            ShardPartKind.Weights => state.Weights,
            ShardPartKind.Momentum => state.Momentum,
            ShardPartKind.FirstMoment => state.FirstMoment,
            ShardPartKind.SecondMoment => state.SecondMoment,
            ShardPartKind.QueueImages => queue?.Images ?? default,
            ShardPartKind.QueueTexts => queue?.Texts ?? default,
            _ => sum?.Sum.Values ?? default,
        };
        var piece = values[Math.Clamp(start, 0, values.Length)..];
        piece = piece[..Math.Min(PieceLength, piece.Length)];
        bool isTexts = kind == ShardPartKind.QueueTexts && start == 0;
        if (start > 0) sum = null;
        return new ShardPart
        {
            Kind = kind,
            Version = memory.Published.Version,
            UpdateCount = state.UpdateCount,
            Checksum = BlockChecksum.Of(piece.Span),
            Values = new FloatBlock(piece),
            Length = values.Length,
            QueueIds = isTexts && queue is not null ? queue.Ids : default,
            QueuePointer = isTexts ? queue?.Pointer ?? 0 : 0,
            IsSealed = sum is not null,
            Reports = sum?.Reports ?? [],
            Features = sum?.Features ?? [],
        };
    }

    /// <summary>The backup's side: asks the owner for all parts.</summary>
    /// <returns>Null when it was no longer wanted.</returns>
    /// <exception cref="InvalidDataException">A part arrives damaged again and again, or the owner moved on between them.</exception>
    public static async Task<ShardCopy?> FetchAsync(IParameterShard owner, ViewNumber view, ShardServices services, Func<bool> isWanted)
    {
        var parts = new ShardPart[Kinds.Length];
        foreach (var kind in Kinds)
        {
            if (await FetchAsync(owner, view, kind, services, isWanted) is not { } part) return null;
            parts[(int)kind] = part;
        }
        if (Array.Exists(parts, part => part.Version != parts[0].Version || part.UpdateCount != parts[0].UpdateCount))
            throw new InvalidDataException($"The owner's content changed from version {parts[0].Version} while it was copied.");
        return new ShardCopy(parts);
    }

    /// <summary>The content, in memory of its own.</summary>
    public ShardContent ToContent(RunModel model, ShardIndex shard, int shardCount)
    {
        var (start, end) = ShardPartition.RangeOf(shard, shardCount, model);
        var state = new ParameterShardState<float>(
            model.Layout, start, end, model.Optimizer.Decay, this[ShardPartKind.Weights].Values.Span, this[ShardPartKind.Momentum].Values.Span);
        state.RestoreMoments(this[ShardPartKind.FirstMoment].Values.Span, this[ShardPartKind.SecondMoment].Values.Span, _parts[0].UpdateCount);
        if (!ShardContent.IsWithQueue(model, shard)) return new(state, null);
        var texts = this[ShardPartKind.QueueTexts];
        return new(state, FeatureQueue.Of(
            model.QueueCapacity, model.QueueWidth, this[ShardPartKind.QueueImages].Values.Span, texts.Values.Span, texts.QueueIds.Span, texts.QueuePointer));
    }

    /// <summary>A part whole, put together from its pieces.</summary>
    private static async Task<ShardPart?> FetchAsync(IParameterShard owner, ViewNumber view, ShardPartKind kind, ShardServices services, Func<bool> isWanted)
    {
        if (await FetchAsync(owner, new ShardPartRequest(view, kind, Start: 0), services, isWanted) is not { } first) return null;
        float[] values = new float[first.Length];
        first.Values.Span.CopyTo(values);
        for (int start = first.Values.Length; start < values.Length;)
        {
            if (await FetchAsync(owner, new ShardPartRequest(view, kind, start), services, isWanted) is not { } piece) return null;
            if (piece.Version != first.Version || piece.Length != first.Length || piece.Values.Length == 0)
                throw new InvalidDataException($"The owner's content changed from version {first.Version} while it was copied.");
            piece.Values.Span.CopyTo(values.AsSpan(start));
            start += piece.Values.Length;
        }
        return first with { Values = new FloatBlock(values), Checksum = BlockChecksum.Of(values) };
    }

    private static async Task<ShardPart?> FetchAsync(IParameterShard owner, ShardPartRequest request, ShardServices services, Func<bool> isWanted)
    {
        for (int sends = 0; sends < SendsMax;)
        {
            var part = await services.Delivery.UntilHeardAsync($"Request for {request.Kind} of a shard", () => owner.Part(request), isWanted);
            if (!isWanted()) return null;
            if (part is null) await Task.Delay(NotYetPause, services.Time);
            else if (BlockChecksum.Of(part.Values.Span) == part.Checksum) return part;
            else sends++;
        }
        throw new InvalidDataException($"{request.Kind} of the shard's owner arrived damaged {SendsMax} times.");
    }
}
