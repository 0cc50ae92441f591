using System.Runtime.InteropServices;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Steps;
using TorchSharp;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>
/// The version that a run's devices compute with: weights, momentum copies and queue, held once for all of them that share a memory: the process's, or a
/// GPU's own. A version that lies whole in the memory of this process's shard is read where it is; one that still comes from other nodes is read as it comes. Versions only go forward, and one
/// is taken over when no device is at work.
/// Thread-safe.
/// </summary>
internal sealed class NodeParameters(Composition composition, torch.Device place) : IDisposable
{
    /// <summary>Arrays between which a shard's versions take turns.</summary>
    private const int ArraysOfAShard = 2;

    private readonly ReaderWriterLockSlim _gate = new();
    private readonly ParameterLayout _layout = BlipModel.LayoutOf(composition);
    private readonly List<ShardValues> _ofShard = [];
    private (ViewNumber View, StepNumber Step)? _held;
    private (Memory<float> Weights, Memory<float> Momentum) _ownMemory;
    private VersionArrival? _arrival;
    private FlatParameters? _values, _own, _uploaded;
    private QueueTensors? _hostQueue, _queue;

    private bool IsOnHost => place.type == DeviceType.CPU;

    /// <summary>Values of its own for whoever wants to write to them, as large as a version; the caller frees them.</summary>
    public FlatParameters NewValues() => IsOnHost ? Over(NewHostMemory()) : new FlatParameters(_layout, device: place);

    /// <summary>
    /// Takes a version over, once for all devices; waits for those that compute with the one before. A later one that is held already stays: what was to be
    /// computed with this one is over.
    /// </summary>
    /// <exception cref="ParametersLostException">It will not come.</exception>
    public void Load(ParameterVersion version)
    {
        var key = (version.View, version.Step);
        if (Holds(key)) return;
        _gate.EnterWriteLock();
        try
        {
            if (IsHeld(key)) return;
            if (version.Arrival is { IsLost: true }) throw new ParametersLostException();
            _held = null; // until it is taken over
            _arrival?.StopCopying();
            _arrival = null;
            var host = IsOnHost && version.Blocks is [{ IsInShardMemory: true } block] ? Find(block) : Copy(version);
            CopyQueue(version);
            _values = IsOnHost ? host : Upload(host);
            _held = key;
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <summary>Computes with a version, beside other devices; null when another version is held.</summary>
    /// <param name="version">Its view and step; null for none.</param>
    /// <param name="compute">What to compute, with these values, this queue, and what to wait for before each value is read, where it is still to come.</param>
    public T? With<T>((ViewNumber View, StepNumber Step)? version, Func<FlatParameters, QueueTensors?, IParameterArrival?, T> compute) where T : class
    {
        _gate.EnterReadLock();
        try
        {
            return _held is { } held && held == version ? compute(_values!, _queue, _arrival) : null;
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    public void Dispose()
    {
        _arrival?.StopCopying();
        DisposeQueue();
        while (_ofShard.Count > 0) Drop(_ofShard[0]);
        _own?.Dispose();
        _uploaded?.Dispose();
        _gate.Dispose();
    }

    // Beside devices that compute: whoever comes late to a version that is held must not wait for them.
    private bool Holds((ViewNumber, StepNumber) version)
    {
        _gate.EnterReadLock();
        try
        {
            return IsHeld(version);
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    private bool IsHeld((ViewNumber View, StepNumber Step) version) =>
        _held is { } held && (held.View > version.View || (held.View == version.View && held.Step >= version.Step)) && !(held == version && _arrival is { IsLost: true });

    private static Span<float> Floats(torch.Tensor flat) => MemoryMarshal.Cast<byte, float>(flat.bytes);

    private FlatParameters Find(ParameterBlock block)
    {
        _own?.Dispose();
        _own = null;
        var found = _ofShard.Find(known => known.Are(block)) ?? new ShardValues(block);
        _ofShard.Remove(found);
        _ofShard.Add(found);
        // A shard that was opened anew has other arrays. Models have views of their own into those that are dropped.
        while (_ofShard.Count > ArraysOfAShard) Drop(_ofShard[0]);
        return found.Values;
    }

    private void Drop(ShardValues values)
    {
        values.Values.Dispose();
        _ofShard.Remove(values);
    }

    private (Memory<float> Weights, Memory<float> Momentum) NewHostMemory() =>
        (AlignedMemory.Allocate<float>(checked((int)_layout.ElementCount)), AlignedMemory.Allocate<float>(checked((int)_layout.MomentumElementCount)));

    private static FlatParameters Over((Memory<float> Weights, Memory<float> Momentum) memory) => FlatParameters.Over(memory.Weights, memory.Momentum);

    private FlatParameters Copy(ParameterVersion version)
    {
        while (_ofShard.Count > 0) Drop(_ofShard[0]);
        if (_own is null)
        {
            _ownMemory = NewHostMemory();
            _own = Over(_ownMemory);
        }
        // A GPU is given the whole at once.
        if (IsOnHost && version.Arrival is { IsComplete: false } arrival)
        {
            _arrival = arrival;
            arrival.CopyTo(_ownMemory.Weights, _ownMemory.Momentum);
            return _own;
        }
        version.CopyWeightsTo(Floats(_own.Weights));
        version.CopyMomentumTo(Floats(_own.Momentum));
        return _own;
    }

    private FlatParameters Upload(FlatParameters host)
    {
        using var noGradient = torch.no_grad();
        _uploaded ??= new FlatParameters(_layout, device: place);
        _uploaded.Weights.copy_(host.Weights);
        _uploaded.Momentum.copy_(host.Momentum);
        Dispose(_queue);
        _queue = _hostQueue is { } queue ? new QueueTensors(Uploaded(queue.Images), Uploaded(queue.Texts), Uploaded(queue.ImageIds)) : null;
        return _uploaded;

        torch.Tensor Uploaded(torch.Tensor host) => host.to(place).DetachFromDisposeScope();
    }

    // A queue that has its full length stays where it is.
    private void CopyQueue(ParameterVersion version)
    {
        if (version.Queue is not { Ids.Length: > 0 } queue)
        {
            DisposeQueue();
            return;
        }
        long count = queue.Ids.Length, width = queue.Image.Span.Length / count;
        if (_hostQueue?.ImageIds.numel() != count)
        {
            DisposeQueue();
            _hostQueue = new QueueTensors(Columns(count, width), Columns(count, width), torch.empty(count, torch.ScalarType.Int64).DetachFromDisposeScope());
            if (IsOnHost) _queue = _hostQueue;
        }
        Fill(_hostQueue.Images, queue.Image.Span);
        Fill(_hostQueue.Texts, queue.Text.Span);
        queue.Ids.Span.CopyTo(MemoryMarshal.Cast<byte, long>(_hostQueue.ImageIds.bytes));
    }

    // (d, K) over rows of features, (K, d).
    private static torch.Tensor Columns(long count, long width)
    {
        using var rows = torch.empty(count, width);
        return rows.t().DetachFromDisposeScope();
    }

    private static void Fill(torch.Tensor columns, ReadOnlySpan<float> rows)
    {
        using var view = columns.t();
        rows.CopyTo(Floats(view));
    }

    private void DisposeQueue()
    {
        Dispose(_hostQueue);
        if (!ReferenceEquals(_queue, _hostQueue)) Dispose(_queue);
        (_hostQueue, _queue) = (null, null);
    }

    private static void Dispose(QueueTensors? queue)
    {
        queue?.Images.Dispose();
        queue?.Texts.Dispose();
        queue?.ImageIds.Dispose();
    }

    /// <summary>Arrays of a shard, as models read them.</summary>
    private sealed class ShardValues(ParameterBlock block)
    {
        public FlatParameters Values { get; } = FlatParameters.Over(block.Weights.Values, block.Momentum.Values);

        public bool Are(ParameterBlock other) => block.Weights.Values.Equals(other.Weights.Values) && block.Momentum.Values.Equals(other.Momentum.Values);
    }
}
