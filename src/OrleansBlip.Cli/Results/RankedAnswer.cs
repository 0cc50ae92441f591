namespace OrleansBlip.Cli.Results;

/// <summary>An answer to choose.</summary>
/// <param name="Text">The answer.</param>
/// <param name="Probability">That it is the true one, 0–1.</param>
internal sealed record RankedAnswer(string Text, double Probability);
