namespace OrleansBlip.Model.Weights;

/// <summary>
/// Values that still come while a model already computes with those that are there: the image encoder's first layers need not wait for the text encoder's last. Whoever reads a parameter waits
/// for it here. Thread-safe.
/// </summary>
public interface IParameterArrival
{
    /// <summary>Whether all of them are there, so that nobody need ask any more.</summary>
    bool IsComplete { get; }

    /// <summary>Waits for a range of the flat parameter order.</summary>
    /// <exception cref="ParametersLostException">The rest will not come.</exception>
    void AwaitWeights(long start, long length);

    /// <summary>Waits for a range of the momentum vector.</summary>
    /// <exception cref="ParametersLostException">The rest will not come.</exception>
    void AwaitMomentum(long start, long length);

    /// <summary>Waits for all of them, and until they are known to be undamaged.</summary>
    /// <exception cref="ParametersLostException">The rest will not come.</exception>
    void AwaitAll();
}
