namespace OrleansBlip.Data.ShapeWorld;

/// <summary>The truth about a text.</summary>
/// <param name="Text">The text.</param>
/// <param name="Kind">How it came to its picture.</param>
/// <param name="IsTrue">The verdict of <see cref="TruthChecker"/>.</param>
public sealed record TruthOfText(string Text, TextKind Kind, bool IsTrue);
