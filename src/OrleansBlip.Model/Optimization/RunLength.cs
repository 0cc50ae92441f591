namespace OrleansBlip.Model.Optimization;

/// <summary>How long a run is, as far as its schedules need to know.</summary>
/// <param name="Steps">Steps of the whole run, at least 1.</param>
/// <param name="StepsPerEpoch">Steps of one pass over the data, at least 1.</param>
public readonly record struct RunLength(long Steps, long StepsPerEpoch)
{
    /// <summary>Epochs of the whole run, a started one counted whole.</summary>
    public long Epochs => (Steps + StepsPerEpoch - 1) / StepsPerEpoch;
}
