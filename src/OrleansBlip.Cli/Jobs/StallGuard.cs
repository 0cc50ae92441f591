using OrleansBlip.Cli.Commands;

namespace OrleansBlip.Cli.Jobs;

/// <summary>
/// Ends a job whose grains wait for what the terminal's user has to mend. Grains wait for ever, as a cluster's storage comes back; a command should say why
/// nothing happens and end, since it can be gone on with.
/// </summary>
internal sealed class StallGuard(TimeProvider time)
{
    /// <summary>How long a job may wait.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private long? _since;

    /// <summary>Looks at a job.</summary>
    /// <param name="phase">Its phase, to be named.</param>
    /// <param name="waits">What it waits for; null when nothing.</param>
    /// <param name="cancellation">A user who wants to stop is told at once.</param>
    /// <exception cref="CommandException">It waits too long.</exception>
    public void Look(string phase, string? waits, CancellationToken cancellation)
    {
        if (waits is null)
        {
            _since = null;
            return;
        }
        var now = time.GetTimestamp();
        _since ??= now;
        if (time.GetElapsedTime(_since.Value, now) >= Patience || cancellation.IsCancellationRequested)
            throw new CommandException(ExitCode.Failed, $"{phase} cannot go on: {waits} Mend that, give the same command and --resume");
    }
}
