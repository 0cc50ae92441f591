namespace OrleansBlip.Cli.Progress;

/// <summary>Shows nothing but warnings.</summary>
internal sealed class SilentProgressView(TextWriter writer) : IProgressView
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
    public void Warn(string line) => writer.WriteLine(line);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
