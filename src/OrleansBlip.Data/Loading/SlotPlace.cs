namespace OrleansBlip.Data.Loading;

/// <summary>A slot of a step.</summary>
public readonly record struct SlotPlace(long Step, int Slot);
