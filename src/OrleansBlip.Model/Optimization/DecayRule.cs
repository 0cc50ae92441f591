namespace OrleansBlip.Model.Optimization;

/// <summary>Which tensors weight decay shrinks.</summary>
public enum DecayRule
{
    /// <summary>All of them, biases, LayerNorms and the temperature included, as BLIP's training scripts do.</summary>
    All,

    /// <summary>Those of two and more dimensions only.</summary>
    MatricesOnly,
}
