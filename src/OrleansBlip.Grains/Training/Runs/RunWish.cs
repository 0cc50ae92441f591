namespace OrleansBlip.Grains.Training.Runs;

/// <summary>What a run is to do at the next step boundary.</summary>
[GenerateSerializer, Alias("blip.RunWish")]
internal enum RunWish
{
    /// <summary>Go on.</summary>
    None = 0,

    /// <summary>Pause.</summary>
    Pause = 1,

    /// <summary>End.</summary>
    Stop = 2,
}
