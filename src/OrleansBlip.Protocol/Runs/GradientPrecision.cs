namespace OrleansBlip.Protocol.Runs;

/// <summary>
/// What each sum of gradients is rounded to: at every node of the reduction tree, leaves included, in one process as between nodes. So what travels is
/// exact, and the weights do not depend on what travelled.
/// </summary>
[GenerateSerializer, Alias("blip.GradientPrecision")]
public enum GradientPrecision
{
    /// <summary>Nothing is rounded beyond float32's own arithmetic; 4 bytes an element.</summary>
    Float32 = 0,

    /// <summary>To the nearest bfloat16, ties to even; 2 bytes an element between nodes.</summary>
    BFloat16 = 1,
}
