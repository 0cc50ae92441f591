namespace OrleansBlip.Model.Compositions;

/// <summary>Which tensors two text transformers share (BLIP Table 3).</summary>
public enum SharedLayers
{
    /// <summary>Everything.</summary>
    All,

    /// <summary>Everything but the self-attention blocks: BLIP's choice.</summary>
    AllButSelfAttention,

    /// <summary>Everything but the cross-attention blocks.</summary>
    AllButCrossAttention,

    /// <summary>Nothing.</summary>
    None,
}
