using System.Collections.Immutable;
using TorchSharp;

namespace OrleansBlip.Model.Weights;

/// <summary>
/// One tensor of a model: declared by a module, bound by <see cref="BlipModel"/> to its place in the flat vector. Tied modules hold the same object,
/// so a tie cannot split, whatever happens to dtype or device.
/// </summary>
public sealed class ModelParameter
{
    private readonly ArrivalGate _gate;
    private torch.Tensor? _tensor;
    private long _start;

    internal ModelParameter(string name, ImmutableArray<long> shape, Initializer initializer, ModelParameter? online, ArrivalGate gate)
    {
        _gate = gate;
        Name = name;
        Shape = shape;
        Initializer = initializer;
        Online = online;
    }

    /// <summary>The reference checkpoint's name.</summary>
    public string Name { get; }

    /// <summary>Dimensions; empty for a scalar.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>How it starts without a checkpoint.</summary>
    public Initializer Initializer { get; }

    /// <summary>The tensor that this one follows as its exponential moving average; null for a trained tensor.</summary>
    public ModelParameter? Online { get; }

    /// <summary>Inclusive bounds kept by the optimizer; null for none.</summary>
    public (double Lower, double Upper)? Bounds { get; internal init; }

    /// <summary>The values; waits for them where they have not come yet.</summary>
    /// <exception cref="InvalidOperationException">The model that declares it has not been built.</exception>
    /// <exception cref="ParametersLostException">They will not come.</exception>
    public torch.Tensor Tensor
    {
        get
        {
            if (_gate.Arrival is { IsComplete: false } arrival)
            {
                if (Online is null) arrival.AwaitWeights(_start, Length);
                else arrival.AwaitMomentum(_start, Length);
            }
            return Place;
        }
    }

    /// <summary>Where the values are, or will be.</summary>
    /// <exception cref="InvalidOperationException">The model that declares it has not been built.</exception>
    internal torch.Tensor Place => _tensor ?? throw new InvalidOperationException($"Parameter '{Name}' has no values: build the model first.");

    internal long Length => Shape.Aggregate(1L, (a, b) => a * b);

    internal void Bind(torch.Tensor tensor, long start) => (_tensor, _start) = (tensor, start);
}
