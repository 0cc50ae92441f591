namespace OrleansBlip.Grains.Training.Runs;

/// <summary>A run that hangs.</summary>
/// <param name="Text">What it awaits, and for how long it has.</param>
/// <param name="IsToAskAnew">Whether it has hung for so long that shards are to be asked anew what they hold.</param>
internal sealed record Stall(string Text, bool IsToAskAnew);
