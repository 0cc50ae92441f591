namespace OrleansBlip.Grains.Training.Steps;

/// <summary>Why a ledger takes no further step.</summary>
internal enum RestReason
{
    /// <summary>It was asked to hold.</summary>
    Held,

    /// <summary>The last step is taken.</summary>
    Finished,

    /// <summary>Too many steps in a row had a gradient that is not finite.</summary>
    Diverged,

    /// <summary>A step was tried again too often.</summary>
    Inconsistent,
}
