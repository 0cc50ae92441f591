namespace OrleansBlip.Grains.Inference;

/// <summary>What a feature is of.</summary>
public enum FeatureKind
{
    /// <summary>A picture.</summary>
    Image,

    /// <summary>A text.</summary>
    Text,

    /// <summary>A text grounded in a picture.</summary>
    Multimodal,
}
