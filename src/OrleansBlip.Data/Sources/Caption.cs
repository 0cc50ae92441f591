namespace OrleansBlip.Data.Sources;

/// <summary>A text of a picture: a caption, a question about it, a sentence about two pictures, or a question of a dialogue.</summary>
/// <param name="Text">Sanitised, never empty.</param>
/// <param name="Source">Where it comes from.</param>
public sealed record Caption(string Text, CaptionSource Source)
{
    /// <summary>Answers, where the text is a question.</summary>
    public IReadOnlyList<Answer> Answers { get; init; } = [];

    /// <summary>Whether a sentence is true, where that is known.</summary>
    public bool? IsTrue { get; init; }

    /// <summary>The round that a dialogue's question opens; null for other texts.</summary>
    public DialogueRound? Round { get; init; }
}
