namespace OrleansBlip.Data.Sources;

/// <summary>An answer to a question about a picture.</summary>
/// <param name="Text">Sanitised, never empty.</param>
/// <param name="Weight">Its share of the answers that people gave, above 0 and at most 1.</param>
public sealed record Answer(string Text, double Weight);
