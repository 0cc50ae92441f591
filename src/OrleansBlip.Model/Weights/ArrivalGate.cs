namespace OrleansBlip.Model.Weights;

/// <summary>What all parameters of a model wait for.</summary>
internal sealed class ArrivalGate
{
    /// <summary>The values' arrival; null where all are there.</summary>
    public IParameterArrival? Arrival { get; set; }
}
