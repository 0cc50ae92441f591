namespace OrleansBlip.Protocol.Steps;

/// <summary>One objective's mean loss over a slot or a step, by the objective's name: itc, itm, lm.</summary>
[GenerateSerializer, Immutable, Alias("blip.SlotLoss")]
public readonly record struct SlotLoss([property: Id(0)] string Name, [property: Id(1)] double Value);
