using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Progress;
using OrleansBlip.Cli.Results;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Devices;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Jobs;

/// <summary><c>replay</c>: the same bits again, so that a step which went wrong can be looked at, or a checkpoint be checked against the one before it.</summary>
internal static class ReplayJob
{
    public static async Task<int> RunAsync(ReplayRequest request, JobConsole console, CancellationToken cancellation)
    {
        var store = CheckpointStore.OfJob(request.Folder);
        using var newest = store.OpenLast();
        var run = new RunRequest { Spec = RunSpec.FromJson(newest.Manifest.RunSpec), Sources = newest.Manifest.Sources, CheckpointFolder = store.Folder };
        if (request.Step >= run.Spec.Steps) throw new CommandException(ExitCode.Usage, $"--step is {request.Step}; the training has steps 0 to {run.Spec.Steps - 1}");
        var factory = new BlipSlotComputerFactory();
        await using var devices = new DevicePool(TorchDevices.Of(request.Device, run.Spec.ThreadsPerDevice), _ => TorchThreads.Claim(run.Spec.ThreadsPerDevice));
        await using var view = console.OpenProgress(TimeProvider.System);
        var rejected = new List<string>(newest.Rejected);
        using var start = store.FindBefore(request.Step, rejected);
        var told = new HashSet<string>();
        TellDamaged();
        await using var loop = await BeginAsync(run, factory, devices, newest, start);
        var from = loop.Step.Value;
        if (newest.Manifest.Profile is { } theirs && (await loop.ProfileAsync()).DifferencesFrom(theirs) is { IsEmpty: false } differences)
            view.Note($"this machine computes otherwise than the training did ({string.Join("; ", differences)}): the last bits may differ");
        while (loop.Step.Value < request.Step)
        {
            cancellation.ThrowIfCancellationRequested();
            await loop.StepAsync();
            view.Report(new PhaseProgress { Phase = "replay", Step = loop.Step.Value - from, StepCount = request.Step - from, SamplesPerStep = run.Spec.SlotCount * run.Spec.SlotSize });
        }
        var step = await loop.StepAsync();
        using var data = RunSources.FromJson(run.Sources).Open();
        var result = ReplayResult.Of(step, from, loop.WeightsSha256, data) with { IsAsInCheckpoint = Compare(store, factory.Describe(run), loop, rejected) };
        TellDamaged();
        result.Write(console);
        return result.IsAsInCheckpoint == false ? ExitCode.Failed : ExitCode.Ok;

        void TellDamaged()
        {
            foreach (var damaged in rejected.Where(told.Add)) view.Note($"the replay does without a damaged checkpoint: {damaged}");
        }
    }

    /// <summary>Where no checkpoint came before the step, the training begins once more. What the training came to leave out after that checkpoint is left out here too.</summary>
    private static async Task<PlainLoop> BeginAsync(RunRequest run, BlipSlotComputerFactory factory, DevicePool devices, Checkpoint newest, Checkpoint? start)
    {
        if (start is not null) return await PlainLoop.ContinueAsync(run, factory, devices, start, newest.Manifest.Amendments);
        if (run.Spec.ForkedFromSha256 is { } origin)
            throw new CommandException(ExitCode.NotFound, $"no checkpoint of this training is older than that step, and the one which it was forked from ({origin}) is another training's: replay that one");
        return await PlainLoop.CreateAsync(run, factory, devices, newest.Manifest.Amendments);
    }

    /// <summary>Whether the weights are those of the training's own checkpoint after this step; null where there is none that is intact.</summary>
    private static bool? Compare(CheckpointStore store, RunModel model, PlainLoop loop, List<string> rejected)
    {
        using var next = store.FindBefore(loop.Step.Value, rejected);
        return next?.Manifest.Step == loop.Step.Value ? next.HashWeights(model.Layout) == loop.WeightsSha256 : null;
    }
}
