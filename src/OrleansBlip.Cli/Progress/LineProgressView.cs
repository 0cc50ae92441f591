namespace OrleansBlip.Cli.Progress;

/// <summary>A plain line when a phase starts and ends, and every ten seconds between: for logs and pipes.</summary>
internal sealed class LineProgressView(TextWriter writer, TimeProvider clock) : IProgressView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _shownAt = [];

    /// <inheritdoc/>
    public void Report(PhaseProgress progress)
    {
        lock (_lock)
        {
            var due = !_shownAt.TryGetValue(progress.Phase, out var shownAt) || clock.GetElapsedTime(shownAt) >= Interval;
            if (!due && progress.Step < progress.StepCount) return;
            _shownAt[progress.Phase] = clock.GetTimestamp();
            var parts = new[] { $"{progress.Phase}: {progress.Step}/{progress.StepCount}", progress.LossText, progress.SpeedText };
            writer.WriteLine(string.Join("  ", parts.Where(part => part != "")));
        }
    }

    /// <inheritdoc/>
    public void Note(string line)
    {
        lock (_lock) writer.WriteLine(line);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
