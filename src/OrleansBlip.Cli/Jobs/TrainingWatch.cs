using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Progress;
using OrleansBlip.Client;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Cli.Jobs;

/// <summary>Follows training runs: shows how far they are, and tells the job's log.</summary>
internal sealed class TrainingWatch(BlipClient client, IProgressView view, TrainingLog? log = null)
{
    private readonly StallGuard _guard = new(TimeProvider.System);
    private string? _problem, _alarm;
    private bool _isStalled;

    /// <summary>Starts a run or goes on with it, and follows it to its end; one that is complete already is only looked at.</summary>
    /// <exception cref="RunRefusedException">The request differs from that which the run was started with.</exception>
    /// <exception cref="CommandException">It ended otherwise than complete, or cannot go on.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it; it has been paused, with a checkpoint.</exception>
    public async Task<RunStatus> TrainAsync(RunId run, RunRequest request, string phase, CancellationToken cancellation)
    {
        await client.AskAsync(() => client.Run(run).Start(request));
        return await FollowAsync(run, phase, request.Spec.SlotCount * request.Spec.SlotSize, cancellation);
    }

    /// <summary>Shows steps as they come.</summary>
    public void Show(RunProgress progress, string phase, int samplesPerStep)
    {
        log?.Add(progress, phase, samplesPerStep);
        if (progress.Status.Steps == 0) return;
        Tell(phase, progress.Status.IsOver ? null : progress.Status.Problem, ref _problem, progress.Status.IsHoldingUnsaved ? view.Warn : view.Note);
        Tell(phase, progress.Status.Alarm, ref _alarm, view.Note);
        // The same hang is told once, though its time grows.
        if (progress.Status.Stalled is { } stalled && !_isStalled) view.Note($"{phase} does not move. {stalled}");
        _isStalled = progress.Status.Stalled is not null;
        var last = progress.Steps.LastOrDefault();
        view.Report(new PhaseProgress
        {
            Phase = phase,
            Step = progress.Status.Step.Value,
            StepCount = progress.Status.Steps,
            SamplesPerStep = samplesPerStep,
            SamplesPerSecond = progress.SamplesPerSecond,
            ContrastiveLoss = Loss(last, "itc"),
            MatchingLoss = Loss(last, "itm"),
            LanguageModellingLoss = Loss(last, "lm"),
        });
    }

    // What goes wrong while a run goes on: a checkpoint that cannot be written, say. What ends it is told with its end.
    private static void Tell(string phase, string? problem, ref string? told, Action<string> tell)
    {
        if (problem is not null && problem != told) tell($"{phase}: {problem}");
        told = problem;
    }

    private async Task<RunStatus> FollowAsync(RunId run, string phase, int samplesPerStep, CancellationToken cancellation)
    {
        RunStatus? status = null;
        var pausing = false;
        await foreach (var progress in client.WatchAsync(run, CancellationToken.None))
        {
            status = progress.Status;
            Show(progress, phase, samplesPerStep);
            // One that holds what it has learned is not given up; its problem is shown, and a second Ctrl-C ends it.
            _guard.Look(phase, status.IsHoldingUnsaved ? null : status.Waits, cancellation);
            if (!cancellation.IsCancellationRequested || pausing || status.State != RunState.Training) continue;
            pausing = true;
            try
            {
                await client.Run(run).Pause();
            }
            catch (RunRefusedException)
            {
                // It has come to rest by itself meanwhile, which the next look shows.
            }
        }
        cancellation.ThrowIfCancellationRequested();
        if (status!.State == RunState.Paused)
        {
            // A pause that an earlier process asked for has come about only now.
            await client.Run(run).Resume();
            return await FollowAsync(run, phase, samplesPerStep, cancellation);
        }
        return status.State == RunState.Completed ? status : throw new CommandException(ExitCode.Failed, $"{phase} ended as {status.State}: {status.Problem}");
    }

    private static double? Loss(StepRecord? step, string name) => step?.Losses.Where(loss => loss.Name == name).Select(loss => (double?)loss.Value).FirstOrDefault();
}
