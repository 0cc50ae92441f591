namespace OrleansBlip.Cli.Progress;

/// <summary>Shows nothing.</summary>
internal sealed class SilentProgressView : IProgressView
{
    /// <inheritdoc/>
    public void Report(PhaseProgress progress)
    {
    }

    /// <inheritdoc/>
    public void Note(string line)
    {
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
