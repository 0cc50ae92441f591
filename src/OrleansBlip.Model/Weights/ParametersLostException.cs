namespace OrleansBlip.Model.Weights;

/// <summary>Values that a model computes with will not all come, or have come damaged: what was computed with them counts for nothing.</summary>
public sealed class ParametersLostException() : Exception("The rest of the parameters will not come.");
