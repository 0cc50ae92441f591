namespace OrleansBlip.Model.Optimization;

/// <summary>The shapes that a value may take over a run.</summary>
public enum ScheduleKind
{
    /// <summary>The peak throughout.</summary>
    Constant,

    /// <summary>From start to peak in equal steps, then the peak.</summary>
    Ramp,

    /// <summary>BLIP's pre-training: a warm-up within the first epoch, then a decay by a factor at the start of each epoch.</summary>
    WarmupThenEpochDecay,

    /// <summary>BLIP's finetuning: half a cosine from peak to floor, constant within an epoch.</summary>
    EpochCosine,

    /// <summary>A warm-up over a share of the run, then half a cosine to the floor, changing with every step.</summary>
    WarmupCosine,
}
