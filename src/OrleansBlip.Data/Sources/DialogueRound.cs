namespace OrleansBlip.Data.Sources;

/// <summary>What a question of a dialogue about a picture stands in (VisDial). Texts are sanitised.</summary>
public sealed record DialogueRound
{
    /// <summary>The picture's caption, which both who talk know; may be empty.</summary>
    public required string Caption { get; init; }

    /// <summary>The rounds before, the oldest first.</summary>
    public required IReadOnlyList<(string Question, string Answer)> History { get; init; }

    /// <summary>Answers to choose from, the true one among them; it stands alone where a data set offers no others.</summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>The place of the true answer in <see cref="Options"/>.</summary>
    public required int TrueOption { get; init; }

    /// <summary>The true answer, never empty.</summary>
    public string Answer => Options[TrueOption];
}
