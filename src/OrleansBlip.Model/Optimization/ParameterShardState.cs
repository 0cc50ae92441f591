using System.Numerics;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Optimization;

/// <summary>
/// The weights, moments and momentum weights of one range of the flat parameter vector, and the optimizer that moves them on. Weights and momentum
/// weights are double-buffered: what <see cref="Weights"/> and <see cref="Momentum"/> returned stays unchanged during the next <see cref="Apply"/>, and
/// is overwritten by the one after it. Moments are updated in place. Not for use by two threads at once.
/// </summary>
/// <typeparam name="T">float for training; double to check formulas.</typeparam>
public sealed class ParameterShardState<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>
    /// By how many elements each array begins later within its page than the one before. Large arrays all begin at the same place of a page, and a pass that walks seven of them
    /// in step then finds them in one another's places of the processor's first cache: it took two to eight times as long.
    /// </summary>
    private const int Stagger = 272;

    /// <summary>Elements of a chunk: shards begin and norms are summed at multiples of it.</summary>
    public const int ChunkElements = 64 * 1024;

    private readonly ParameterEntry[] _entries;
    private readonly DecayRule _decay;
    private readonly Memory<T> _first, _second;
    private Memory<T> _weights, _nextWeights, _momentum, _nextMomentum;

    /// <summary>Takes over a range, with moments of zero.</summary>
    /// <param name="layout">The flat order.</param>
    /// <param name="start">First element, a multiple of <see cref="ChunkElements"/>.</param>
    /// <param name="end">Element after the last: a multiple of <see cref="ChunkElements"/> or the end of the vector.</param>
    /// <param name="decay">What weight decay shrinks.</param>
    /// <param name="weights">The range's weights.</param>
    /// <param name="momentum">The range's part of the momentum vector, <see cref="MomentumStart"/> to <see cref="MomentumEnd"/>.</param>
    public ParameterShardState(ParameterLayout layout, long start, long end, DecayRule decay, ReadOnlySpan<T> weights, ReadOnlySpan<T> momentum)
        : this(layout, start, end, decay)
    {
        if (weights.Length != _weights.Length) throw new ArgumentException($"{weights.Length} weights for a range of {_weights.Length}.", nameof(weights));
        if (momentum.Length != _momentum.Length) throw new ArgumentException($"{momentum.Length} momentum weights for a range of {_momentum.Length}.", nameof(momentum));
        weights.CopyTo(_weights.Span);
        momentum.CopyTo(_momentum.Span);
    }

    /// <summary>Continues from a checkpoint, which is read to where it belongs.</summary>
    /// <param name="layout">As above.</param>
    /// <param name="start">As above.</param>
    /// <param name="end">As above.</param>
    /// <param name="decay">As above.</param>
    /// <param name="updateCount">Updates applied so far.</param>
    /// <param name="read">Fills all of it.</param>
    public ParameterShardState(ParameterLayout layout, long start, long end, DecayRule decay, long updateCount, Reader read)
        : this(layout, start, end, decay)
    {
        read(_weights.Span, _momentum.Span, _first.Span, _second.Span);
        UpdateCount = updateCount;
    }

    private ParameterShardState(ParameterLayout layout, long start, long end, DecayRule decay)
    {
        if (start < 0 || start > end || end > layout.ElementCount || start % ChunkElements != 0 || (end % ChunkElements != 0 && end != layout.ElementCount))
            throw new ArgumentException(
                $"Range {start} to {end} does not lie on chunks of {ChunkElements} of a vector of {layout.ElementCount}.", nameof(start));
        Start = start;
        End = end;
        (MomentumStart, MomentumEnd) = MomentumRange(layout, start, end);
        _entries = [.. layout.Entries.Where(entry => entry.Offset < end && entry.Offset + entry.Length > start)];
        _decay = decay;
        _weights = Allocate(place: 1, (int)(end - start));
        _momentum = Allocate(place: 2, (int)(MomentumEnd - MomentumStart));
        _first = Allocate(place: 3, _weights.Length);
        _second = Allocate(place: 4, _weights.Length);
    }

    /// <summary>Reads a checkpoint's weights, momentum weights, mean of gradients and mean of squared gradients of a range.</summary>
    public delegate void Reader(Span<T> weights, Span<T> momentum, Span<T> first, Span<T> second);

    /// <summary>First element of the range in the flat vector.</summary>
    public long Start { get; }

    /// <summary>Element after the last of the range in the flat vector.</summary>
    public long End { get; }

    /// <summary>First element of the range's part of the momentum vector.</summary>
    public long MomentumStart { get; }

    /// <summary>Element after the last of the range's part of the momentum vector.</summary>
    public long MomentumEnd { get; }

    /// <summary>Updates applied so far: Adam's own count, which skipped steps do not advance.</summary>
    public long UpdateCount { get; private set; }

    /// <summary>The newest weights.</summary>
    public ReadOnlyMemory<T> Weights => _weights;

    /// <summary>The newest momentum weights.</summary>
    public ReadOnlyMemory<T> Momentum => _momentum;

    /// <summary>Mean of gradients.</summary>
    public ReadOnlyMemory<T> FirstMoment => _first;

    /// <summary>Mean of squared gradients.</summary>
    public ReadOnlyMemory<T> SecondMoment => _second;

    private int ChunkCount => (_weights.Length + ChunkElements - 1) / ChunkElements;

    /// <summary>The part of the momentum vector that belongs to a range of the flat vector.</summary>
    public static (long Start, long End) MomentumRange(ParameterLayout layout, long start, long end) =>
        (MomentumBefore(layout, start), MomentumBefore(layout, end));

    /// <summary>Continues from a checkpoint.</summary>
    public void RestoreMoments(ReadOnlySpan<T> first, ReadOnlySpan<T> second, long updateCount)
    {
        if (first.Length != _first.Length || second.Length != _second.Length)
            throw new ArgumentException($"Moments of {first.Length} and {second.Length} elements for a range of {_first.Length}.", nameof(first));
        first.CopyTo(_first.Span);
        second.CopyTo(_second.Span);
        UpdateCount = updateCount;
    }

    /// <summary>
    /// Averages the present weights into the momentum weights, in place: what version 0 needs before the first step, since every step trains against an
    /// average that includes its own weights.
    /// </summary>
    public void AverageInitialWeights(double momentum)
    {
        T keep = T.CreateChecked(momentum), rest = T.CreateChecked(1 - momentum);
        foreach (var entry in _entries.Where(entry => entry.MomentumOffset >= 0))
        {
            var (range, averaged) = PartOf(entry, Start, End);
            Average(_momentum.Span[averaged], _weights.Span[range], _momentum.Span[averaged], keep, rest);
        }
    }

    /// <summary>Σg² of the mean gradient for each chunk of the range, in a fixed order; not finite when a gradient is not.</summary>
    /// <param name="gradientSum">The range's summed gradient.</param>
    /// <param name="scale">1 / number of slots.</param>
    /// <param name="degree">Threads to use.</param>
    public unsafe double[] ChunkSquaredNorms(ReadOnlySpan<T> gradientSum, double scale, int degree = 1)
    {
        CheckLength(gradientSum);
        var norms = new double[ChunkCount];
        fixed (T* pinned = gradientSum)
        {
            T* gradient = pinned;
            ForEachChunk(degree, chunk =>
            {
                long first = (long)chunk * ChunkElements;
                var part = new ReadOnlySpan<T>(gradient + first, (int)Math.Min(ChunkElements, _weights.Length - first));
                norms[chunk] = GradientNorm.SquaredSum(part) * (scale * scale);
            });
        }
        return norms;
    }

    /// <summary>Makes the next version of weights and momentum weights; the present one stays readable until the call after this.</summary>
    /// <param name="gradientSum">The range's summed gradient, all finite.</param>
    /// <param name="step">The numbers of the update.</param>
    /// <param name="degree">Threads to use; the result does not depend on it.</param>
    public unsafe void Apply(ReadOnlySpan<T> gradientSum, in AdamWStep step, int degree = 1)
    {
        CheckLength(gradientSum);
        // What takes no step, a snapshot say, needs no second buffers.
        if (_nextWeights.Length < _weights.Length) _nextWeights = Allocate(place: 5, _weights.Length);
        if (_nextMomentum.Length < _momentum.Length) _nextMomentum = Allocate(place: 6, _momentum.Length);
        var update = new Update(new AdamW<T>(step, UpdateCount + 1, decays: true), new AdamW<T>(step, UpdateCount + 1, decays: false), step.Momentum);
        fixed (T* pinned = gradientSum)
        {
            T* gradient = pinned;
            ForEachChunk(degree, chunk => ApplyChunk(chunk, new ReadOnlySpan<T>(gradient, _weights.Length), update));
        }
        (_weights, _nextWeights) = (_nextWeights, _weights);
        (_momentum, _nextMomentum) = (_nextMomentum, _momentum);
        UpdateCount++;
    }

    private static Memory<T> Allocate(int place, int length) => AlignedMemory.Allocate<T>(length, place * Stagger);

    private static long MomentumBefore(ParameterLayout layout, long element) =>
        layout.Entries.Where(entry => entry.MomentumOffset >= 0).Sum(entry => Math.Clamp(element - entry.Offset, 0, entry.Length));

    private static void Average(ReadOnlySpan<T> average, ReadOnlySpan<T> weights, Span<T> next, T keep, T rest)
    {
        for (int i = 0; i < next.Length; i++) next[i] = average[i] * keep + weights[i] * rest;
    }

    private void ForEachChunk(int degree, Action<int> body)
    {
        if (degree > 1 && ChunkCount > 1)
        {
            Parallel.For(0, ChunkCount, new ParallelOptions { MaxDegreeOfParallelism = degree }, body);
            return;
        }
        for (int chunk = 0; chunk < ChunkCount; chunk++) body(chunk);
    }

    private void ApplyChunk(int chunk, ReadOnlySpan<T> gradient, in Update update)
    {
        long start = Start + (long)chunk * ChunkElements, end = Math.Min(start + ChunkElements, End);
        for (int i = FirstEntryAt(start); i < _entries.Length && _entries[i].Offset < end; i++)
        {
            var entry = _entries[i];
            var (range, averaged) = PartOf(entry, start, end);
            var kernel = _decay == DecayRule.MatricesOnly && entry.Shape.Length < 2 ? update.WithoutDecay : update.WithDecay;
            var next = _nextWeights.Span[range];
            if (entry.MomentumOffset >= 0 && entry.Bounds is null)
            {
                kernel.Apply(
                    gradient[range], _weights.Span[range], _first.Span[range], _second.Span[range], next,
                    _momentum.Span[averaged], _nextMomentum.Span[averaged]);
                continue;
            }
            kernel.Apply(gradient[range], _weights.Span[range], _first.Span[range], _second.Span[range], next);
            if (entry.Bounds is { } bounds)
            {
                foreach (ref T value in next) value = T.Clamp(value, T.CreateChecked(bounds.Lower), T.CreateChecked(bounds.Upper));
            }
            if (entry.MomentumOffset >= 0) Average(_momentum.Span[averaged], next, _nextMomentum.Span[averaged], update.Keep, update.Rest);
        }
    }

    /// <summary>Where the part of an entry between two elements of the flat vector lies in this shard's arrays.</summary>
    private (Range Weights, Range Momentum) PartOf(ParameterEntry entry, long start, long end)
    {
        long first = Math.Max(start, entry.Offset), length = Math.Min(end, entry.Offset + entry.Length) - first;
        int weights = (int)(first - Start);
        int momentum = entry.MomentumOffset < 0 ? 0 : (int)(entry.MomentumOffset + first - entry.Offset - MomentumStart);
        return (weights..(weights + (int)length), momentum..(momentum + (int)length));
    }

    private int FirstEntryAt(long element)
    {
        int low = 0, high = _entries.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_entries[middle].Offset + _entries[middle].Length > element) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    private void CheckLength(ReadOnlySpan<T> gradientSum)
    {
        if (gradientSum.Length != _weights.Length)
            throw new ArgumentException($"A gradient of {gradientSum.Length} elements for a range of {_weights.Length}.", nameof(gradientSum));
    }

    private readonly struct Update(AdamW<T> withDecay, AdamW<T> withoutDecay, double momentum)
    {
        public readonly AdamW<T> WithDecay = withDecay, WithoutDecay = withoutDecay;
        public readonly T Keep = T.CreateChecked(momentum), Rest = T.CreateChecked(1 - momentum);
    }
}
