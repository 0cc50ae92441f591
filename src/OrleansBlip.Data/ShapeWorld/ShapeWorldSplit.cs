namespace OrleansBlip.Data.ShapeWorld;

/// <summary>The parts of the world. No scene stands in two of them.</summary>
public enum ShapeWorldSplit
{
    /// <summary>The stand-in for a human-annotated set: few pictures, five true captions each.</summary>
    Clean,

    /// <summary>Many pictures with one text each, most of them untrue.</summary>
    Web,

    /// <summary>For choosing thresholds and sizes.</summary>
    Val,

    /// <summary>For the final table.</summary>
    Test,
}
