namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>How well a text fits its picture.</summary>
/// <param name="Probability">The match's share in the softmax of the ITM head, 0 to 1.</param>
/// <param name="Logit">The ITM head's logit of a match.</param>
/// <param name="Similarity">The cosine of the ITC features, −1 to 1.</param>
[GenerateSerializer, Immutable, Alias("blip.TextScore")]
public readonly record struct TextScore([property: Id(0)] double Probability, [property: Id(1)] double Logit, [property: Id(2)] double Similarity);
