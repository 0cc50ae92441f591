namespace OrleansBlip.Grains.Evaluation;

/// <summary>A text as a filter saw it.</summary>
/// <param name="Key">The picture's key in its split, with or without the shard before it.</param>
/// <param name="Text">The text, as it would be trained on.</param>
/// <param name="Score">What the filter gave it: higher means a better match.</param>
/// <param name="IsKept">What was decided.</param>
public sealed record JudgedText(string Key, string Text, double Score, bool IsKept);
