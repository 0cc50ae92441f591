namespace OrleansBlip.Data.Sources;

/// <summary>A text of a picture.</summary>
/// <param name="Text">Sanitised, never empty.</param>
/// <param name="Source">Where it comes from.</param>
public sealed record Caption(string Text, CaptionSource Source);
