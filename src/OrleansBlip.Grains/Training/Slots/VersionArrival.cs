using System.Collections.Immutable;
using System.Diagnostics;
using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>
/// A version whose blocks still come. Devices begin to compute with it once the block of each shard has begun to come, and wait for each parameter only where it is read. A block that does not
/// come to its end, or comes damaged, spoils the whole: what was computed with it is thrown away, and the version is pulled anew. Thread-safe.
/// </summary>
internal sealed class VersionArrival : IParameterArrival
{
    /// <summary>Numbers copied before others get their turn.</summary>
    private const int PieceLength = 1 << 20;

    private readonly object _changed = new();
    private readonly Part[] _parts;
    private readonly Dictionary<Thread, TimeSpan> _waited = [];
    private readonly TaskCompletionSource<bool> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (Memory<float> Weights, Memory<float> Momentum)? _copy;
    private volatile bool _isComplete, _isLost;

    /// <summary>Nothing has come yet.</summary>
    /// <param name="shards">The number of shards.</param>
    public VersionArrival(int shards) => _parts = [.. Enumerable.Range(0, shards).Select(_ => new Part(this))];

    /// <summary>Ends once the block of each shard has begun to come; false where the version will not come.</summary>
    public Task<bool> Begun => _begun.Task;

    /// <summary>The blocks of all shards, once they have begun to come.</summary>
    public ImmutableArray<ParameterBlock> Blocks => [.. _parts.Select(part => part.Block!)];

    /// <inheritdoc/>
    public bool IsComplete => _isComplete;

    /// <summary>Whether it will not come, or has come damaged.</summary>
    public bool IsLost => _isLost;

    /// <summary>Whoever pulls a shard's block tells here of what has come.</summary>
    public IPullListener Of(int shard) => _parts[shard];

    /// <summary>A shard's block is there, whole and undamaged.</summary>
    public void Complete(int shard, ParameterBlock block)
    {
        var part = _parts[shard];
        if (part.Block is null) Begin(part, block);
        lock (_changed)
        {
            part.IsWhole = true;
            Come(part, block.Weights.Length, block.Momentum.Length);
        }
    }

    /// <summary>It will not come.</summary>
    /// <param name="why">A failure that its puller is to hear of; null for none.</param>
    public void Lose(Exception? why = null)
    {
        lock (_changed)
        {
            _isLost = true;
            Monitor.PulseAll(_changed);
        }
        if (why is null) _begun.TrySetResult(false);
        else _begun.TrySetException(why);
    }

    /// <summary>What has come is copied to where devices read it, now and from now on. Only one place can be told.</summary>
    /// <param name="weights">Room for all weights.</param>
    /// <param name="momentum">Room for all momentum copies.</param>
    public void CopyTo(Memory<float> weights, Memory<float> momentum)
    {
        lock (_changed)
        {
            if (_copy is not null) throw new InvalidOperationException("The version is copied to another place already.");
            _copy = (weights, momentum);
        }
        foreach (var part in _parts) while (CopyPiece(part)) { }
    }

    /// <summary>That place is needed for another version.</summary>
    public void StopCopying()
    {
        lock (_changed) _copy = (default, default);
    }

    /// <inheritdoc/>
    public void AwaitWeights(long start, long length) => Await(() => Array.TrueForAll(_parts, part => part.HasWeights(start, start + length)));

    /// <inheritdoc/>
    public void AwaitMomentum(long start, long length) => Await(() => Array.TrueForAll(_parts, part => part.HasMomentum(start, start + length)));

    /// <inheritdoc/>
    public void AwaitAll() => Await(() => _isComplete);

    /// <summary>For how long this thread has waited since it asked last.</summary>
    public TimeSpan TakeWaited()
    {
        lock (_changed)
        {
            _waited.Remove(Thread.CurrentThread, out var waited);
            return waited;
        }
    }

    private void Await(Func<bool> isHere)
    {
        lock (_changed)
        {
            long start = Stopwatch.GetTimestamp();
            while (!_isLost && !isHere()) Monitor.Wait(_changed);
            _waited[Thread.CurrentThread] = _waited.GetValueOrDefault(Thread.CurrentThread) + Stopwatch.GetElapsedTime(start);
            if (_isLost) throw new ParametersLostException();
        }
    }

    private void Begin(Part part, ParameterBlock block)
    {
        bool isAgain, haveAllBegun;
        lock (_changed)
        {
            isAgain = part.Block is not null;
            part.Block ??= block;
            haveAllBegun = Array.TrueForAll(_parts, other => other.Block is not null);
        }
        // The first attempt broke off, and devices may be reading what it left.
        if (isAgain) Lose();
        else if (haveAllBegun) _begun.TrySetResult(true);
    }

    private void Come(Part part, int weights, int momentum)
    {
        lock (_changed)
        {
            (part.Weights, part.Momentum) = (weights, momentum);
            // Where more is left, whoever has just told the place is about to copy it.
            if (part.Left <= PieceLength) Copy(part);
            _isComplete = !_isLost && Array.TrueForAll(_parts, other => other.IsWhole && (_copy is null || other.Left == 0));
            Monitor.PulseAll(_changed);
        }
    }

    private bool CopyPiece(Part part)
    {
        lock (_changed)
        {
            Copy(part);
            Come(part, part.Weights, part.Momentum);
            return part.Left > 0;
        }
    }

    private void Copy(Part part)
    {
        if (_copy is not { Weights.IsEmpty: false } copy) return;
        int weights = Math.Min(part.Weights - part.CopiedWeights, PieceLength), momentum = Math.Min(part.Momentum - part.CopiedMomentum, PieceLength - weights);
        part.Block!.Weights.Span.Slice(part.CopiedWeights, weights).CopyTo(copy.Weights.Span[(int)(part.Block.WeightStart + part.CopiedWeights)..]);
        part.Block.Momentum.Span.Slice(part.CopiedMomentum, momentum).CopyTo(copy.Momentum.Span[(int)(part.Block.MomentumStart + part.CopiedMomentum)..]);
        part.CopiedWeights += weights;
        part.CopiedMomentum += momentum;
    }

    /// <summary>A shard's block, and how much of it has come and is copied. Guarded by the arrival.</summary>
    private sealed class Part(VersionArrival arrival) : IPullListener
    {
        public ParameterBlock? Block { get; set; }

        public bool IsWhole { get; set; }

        public int Weights { get; set; }

        public int Momentum { get; set; }

        public int CopiedWeights { get; set; }

        public int CopiedMomentum { get; set; }

        public int Left => Weights - CopiedWeights + Momentum - CopiedMomentum;

        public void Begins(ParameterBlock block) => arrival.Begin(this, block);

        public void Came(int weights, int momentum) => arrival.Come(this, weights, momentum);

        public bool HasWeights(long start, long end) => Has(Block!.WeightStart, Block.Weights.Length, CopiedWeights, start, end);

        public bool HasMomentum(long start, long end) => Has(Block!.MomentumStart, Block.Momentum.Length, CopiedMomentum, start, end);

        private static bool Has(long first, int length, int copied, long start, long end)
        {
            long until = Math.Min(end, first + length);
            return until <= Math.Max(start, first) || until <= first + copied;
        }
    }
}
