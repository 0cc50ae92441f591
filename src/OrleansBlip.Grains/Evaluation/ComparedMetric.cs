namespace OrleansBlip.Grains.Evaluation;

/// <summary>A score that is a mean over pictures, so that pictures can be resampled; all as percentages.</summary>
public enum ComparedMetric
{
    /// <summary>Mean of TR@1 and IR@1 after re-ranking; a picture brings its own search and the mean of its texts'.</summary>
    MeanR1,

    /// <summary>The same by ITC alone.</summary>
    ItcMeanR1,

    /// <summary>CIDEr times 100.</summary>
    Cider,

    /// <summary>Captions wholly true.</summary>
    WholeTrue,
}
