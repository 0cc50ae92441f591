using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Progress;
using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;
using Job = OrleansBlip.Protocol.Bootstrapping.BootstrapRequest;

namespace OrleansBlip.Cli.Jobs;

/// <summary>Follows a CapFilt job through its phases.</summary>
internal sealed class BootstrapWatch(JobCluster cluster, TrainingWatch training, IProgressView view, TimeProvider time)
{
    private const int StepsPerLook = 1000;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<RunId, StepNumber> _seen = [];
    private readonly StallGuard _guard = new(time), _trainingGuard = new(time);
    private long _event = -1;

    /// <summary>Starts a job or goes on with it, and follows it to its end.</summary>
    /// <exception cref="CommandException">It failed or cannot go on; the message says at what.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it; it has been paused.</exception>
    public async Task<BootstrapStatus> RunAsync(string id, Job request, CancellationToken cancellation)
    {
        var job = cluster.Client.Cluster.GetGrain<IBootstrapRun>(id);
        await cluster.Client.AskAsync(() => job.Start(request));
        var pausing = false;
        while (true)
        {
            var progress = await cluster.Client.AskAsync(() => job.Progress(_event));
            await ShowAsync(progress, request, cancellation);
            _guard.Look(NameOf(progress.Status.Stage), progress.Status.Waits, cancellation);
            // A pause that an earlier process asked for may have come about only now.
            if (progress.Status.State == BootstrapState.Paused && !cancellation.IsCancellationRequested) await job.Resume();
            else if (progress.Status.IsAtRest) return Ended(progress.Status, cancellation);
            if (cancellation.IsCancellationRequested && !pausing)
            {
                pausing = true;
                await PauseAsync(job);
            }
            await Task.Delay(LookInterval, time, CancellationToken.None);
        }
    }

    private static async Task PauseAsync(IBootstrapRun job)
    {
        try
        {
            await job.Pause();
        }
        catch (RunRefusedException)
        {
            // It has come to rest by itself meanwhile, which the next look shows.
        }
    }

    private static BootstrapStatus Ended(BootstrapStatus status, CancellationToken cancellation)
    {
        if (status.State == BootstrapState.Completed) return status;
        cancellation.ThrowIfCancellationRequested();
        throw new CommandException(ExitCode.Failed, $"{status.Stage} ended as {status.State}: {status.Problem}");
    }

    private async Task ShowAsync(BootstrapProgress progress, Job request, CancellationToken cancellation)
    {
        foreach (var happened in progress.Events)
        {
            view.Note($"{happened.Stage}: {happened.Text}");
            _event = happened.Number;
        }
        var status = progress.Status;
        var phase = NameOf(status.Stage);
        if (status.TrainingRun is { } run)
        {
            var template = TemplateOf(status.Stage.Phase, request);
            var steps = await cluster.Client.AskAsync(() => cluster.Client.Run(run).Progress(_seen.GetValueOrDefault(run, new StepNumber(-1)), StepsPerLook));
            if (steps.Steps.Length > 0) _seen[run] = steps.Steps[^1].Step;
            training.Show(steps, phase, template.SlotCount * template.SlotSize);
            // One that holds what it has learned is not given up; its problem is shown, and a second Ctrl-C ends it.
            _trainingGuard.Look(phase, steps.Status.IsHoldingUnsaved ? null : steps.Status.Waits, cancellation);
        }
        else if (status.PictureCount > 0)
        {
            view.Report(new PhaseProgress { Phase = phase, Step = status.PicturesDone, StepCount = status.PictureCount, SamplesPerStep = 1 });
        }
    }

    private static string NameOf(BootstrapStage stage) => stage.Phase switch
    {
        BootstrapPhase.Pretraining => stage.Round == 1 ? "pre-train none" : stage.Round == 2 ? "pre-train both" : $"pre-train round {stage.Round}",
        BootstrapPhase.FinetuningCaptioner => "finetune captioner",
        BootstrapPhase.FinetuningFilter => "finetune filter",
        BootstrapPhase.Captioning => "caption web pictures",
        BootstrapPhase.Filtering => "filter web and synthetic texts",
        _ => "publish data set",
    };

    private static TrainingTemplate TemplateOf(BootstrapPhase phase, Job request) => phase switch
    {
        BootstrapPhase.FinetuningCaptioner => request.Captioner,
        BootstrapPhase.FinetuningFilter => request.Filter,
        _ => request.Pretraining,
    };
}
