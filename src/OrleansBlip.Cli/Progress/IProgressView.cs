namespace OrleansBlip.Cli.Progress;

/// <summary>Shows a job's phases as they go. Reports may come from any thread, as often as the job likes.</summary>
internal interface IProgressView : IAsyncDisposable
{
    /// <summary>Shows how far a phase is; its first report starts it, the one with all steps done ends it.</summary>
    void Report(PhaseProgress progress);

    /// <summary>Shows a line that stays.</summary>
    void Note(string line);

    /// <summary>The same of what its user should know whether or not progress is shown.</summary>
    void Warn(string line) => Note(line);
}
