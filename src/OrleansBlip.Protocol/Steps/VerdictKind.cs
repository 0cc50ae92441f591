namespace OrleansBlip.Protocol.Steps;

/// <summary>How a step ends.</summary>
[GenerateSerializer, Alias("blip.VerdictKind")]
public enum VerdictKind
{
    /// <summary>The optimizer takes its step.</summary>
    Apply = 0,

    /// <summary>The step and the data position advance; weights, moments, the optimizer's count, momentum copies and queue do not.</summary>
    Skip = 1,

    /// <summary>Nothing advances: the step is collected anew, under a higher view.</summary>
    Retry = 2,
}
