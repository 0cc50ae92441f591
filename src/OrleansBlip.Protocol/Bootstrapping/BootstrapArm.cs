namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>A choice among the texts of a round, as a data set of its own (BLIP Table 1).</summary>
[GenerateSerializer, Alias("blip.BootstrapArm")]
public enum BootstrapArm
{
    /// <summary>Web texts and synthetic ones that the filter keeps: what each round publishes and the next model learns from.</summary>
    Both = 0,

    /// <summary>Web texts that the filter keeps.</summary>
    Filter = 1,

    /// <summary>All texts, web and synthetic.</summary>
    Captioner = 2,

    /// <summary>As many web texts as the filter keeps, drawn blindly.</summary>
    Random = 3,
}
