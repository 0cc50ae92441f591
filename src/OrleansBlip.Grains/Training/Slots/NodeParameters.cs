using System.Runtime.InteropServices;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Steps;
using TorchSharp;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>
/// The version that a run's devices compute with: weights, momentum copies and queue, held once for all of them that share a memory: the process's, or a
/// GPU's own. Versions only go forward, and one is taken over when no device is at work. Thread-safe.
/// </summary>
internal sealed class NodeParameters : IDisposable
{
    private readonly ReaderWriterLockSlim _gate = new();
    private (ViewNumber View, StepNumber Step)? _held;
    private readonly torch.Device _place;
    private readonly FlatParameters _host;
    private QueueTensors? _hostQueue, _queue;

    /// <param name="composition">The model.</param>
    /// <param name="place">Whose memory it is.</param>
    public NodeParameters(Composition composition, torch.Device place)
    {
        _place = place;
        var layout = BlipModel.LayoutOf(composition);
        Values = new FlatParameters(layout, device: place);
        _host = place.type == DeviceType.CPU ? Values : new FlatParameters(layout);
    }

    /// <summary>What models read.</summary>
    public FlatParameters Values { get; }

    /// <summary>
    /// Takes a version over, once for all devices; waits for those that compute with the one before. A later one that is held already stays: what was to be
    /// computed with this one is over.
    /// </summary>
    public void Load(ParameterVersion version)
    {
        var key = (version.View, version.Step);
        if (Holds(key)) return;
        _gate.EnterWriteLock();
        try
        {
            if (IsHeld(key)) return;
            _held = null; // until all of it is here
            version.CopyWeightsTo(Floats(_host.Weights));
            version.CopyMomentumTo(Floats(_host.Momentum));
            CopyQueue(version);
            if (_host != Values) Upload();
            _held = key;
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <summary>Computes with a version, beside other devices; null when another version is held.</summary>
    /// <param name="version">Its view and step; null for none.</param>
    /// <param name="compute">What to compute.</param>
    public T? With<T>((ViewNumber View, StepNumber Step)? version, Func<QueueTensors?, T> compute) where T : class
    {
        _gate.EnterReadLock();
        try
        {
            return _held is { } held && held == version ? compute(_queue) : null;
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    public void Dispose()
    {
        DisposeQueue();
        Values.Dispose();
        if (_host != Values) _host.Dispose();
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
        _held is { } held && (held.View > version.View || (held.View == version.View && held.Step >= version.Step));

    private static Span<float> Floats(torch.Tensor flat) => MemoryMarshal.Cast<byte, float>(flat.bytes);

    private void Upload()
    {
        using var noGradient = torch.no_grad();
        Values.Weights.copy_(_host.Weights);
        Values.Momentum.copy_(_host.Momentum);
        Dispose(_queue);
        _queue = _hostQueue is { } queue ? new QueueTensors(Uploaded(queue.Images), Uploaded(queue.Texts), Uploaded(queue.ImageIds)) : null;

        torch.Tensor Uploaded(torch.Tensor host) => host.to(_place).DetachFromDisposeScope();
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
            if (_host == Values) _queue = _hostQueue;
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
}
