namespace OrleansBlip.Data.Sources;

/// <summary>Which picture and which of its captions make a pair.</summary>
public readonly record struct PairPlace(int Picture, int Caption);
