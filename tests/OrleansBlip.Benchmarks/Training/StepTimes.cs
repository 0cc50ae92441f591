namespace OrleansBlip.Benchmarks.Training;

/// <summary>What a measurement of some steps came to.</summary>
internal sealed record StepTimes
{
    /// <summary>Time of a step.</summary>
    public required double Milliseconds { get; init; }

    /// <summary>The weights at the end.</summary>
    public required string WeightsSha256 { get; init; }

    /// <summary>Mean milliseconds of the trainers' phases.</summary>
    public IReadOnlyDictionary<string, double> Phases { get; init; } = new Dictionary<string, double>();

    /// <summary>Resident memory after warming up.</summary>
    public long MebibytesBefore { get; init; }

    /// <summary>Resident memory at the end.</summary>
    public long MebibytesAfter { get; init; }

    /// <summary>Live tensors after warming up.</summary>
    public long TensorsBefore { get; init; }

    /// <summary>Live tensors at the end.</summary>
    public long TensorsAfter { get; init; }
}
