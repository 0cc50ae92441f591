using System.Diagnostics;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Client.Recipes;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Devices;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Jobs;

/// <summary><c>estimate</c>: sizes and traffic by arithmetic, time and memory by a probe of three steps on this machine's devices.</summary>
internal static class EstimateJob
{
    private const int ProbeSteps = 3;

    public static async Task<int> RunAsync(EstimateRequest request, JobConsole console, CancellationToken cancellation)
    {
        var scratch = Directory.CreateTempSubdirectory("blip-estimate");
        try
        {
            var (words, vocabulary) = Vocabularies.For(request.Vocabulary, scratch.FullName, request.Data);
            var recipe = Recipes.Of(request.Recipe, request.Family, vocabulary.Count, vocabulary.Sha256, seed: 1);
            recipe = recipe with { Steps = request.Steps ?? recipe.Steps, GradientPrecision = request.GradientPrecision };
            var sources = new RunSources { Data = request.Data, Vocabulary = words };
            var run = new RunRequest { Spec = SourceDigest.On(recipe, sources), Sources = sources.ToJson(), CheckpointFolder = scratch.FullName };
            var factory = new BlipSlotComputerFactory();
            await using var devices = new DevicePool(TorchDevices.Of(request.Device, recipe.ThreadsPerDevice), _ => TorchThreads.Claim(recipe.ThreadsPerDevice));
            var seconds = await ProbeAsync(run, factory, devices, console, cancellation);
            Write(console, run.Spec, TrainingEstimate.Of(factory.Describe(run), run.Spec, request.Nodes, devices.Count, request.Backups), SlotsHere(run.Spec, devices.Count), request.Nodes, devices.Count, seconds);
            return ExitCode.Ok;
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static async Task<double> ProbeAsync(RunRequest run, BlipSlotComputerFactory factory, DevicePool devices, JobConsole console, CancellationToken cancellation)
    {
        await using var view = console.OpenProgress(TimeProvider.System);
        await using var loop = await PlainLoop.CreateAsync(run, factory, devices);
        var seconds = new double[ProbeSteps];
        // The first one warms up.
        for (var step = -1; step < ProbeSteps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            var start = Stopwatch.GetTimestamp();
            await loop.StepAsync();
            if (step >= 0) seconds[step] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            view.Report(new() { Phase = "probe", Step = step + 1, StepCount = ProbeSteps, SamplesPerStep = run.Spec.SlotCount * run.Spec.SlotSize });
        }
        Array.Sort(seconds);
        return seconds[ProbeSteps / 2];
    }

    private static int SlotsHere(RunSpec spec, int devices) => (spec.SlotCount - 1) / devices + 1;

    private static void Write(JobConsole console, RunSpec spec, TrainingEstimate estimate, int slotsHere, int nodes, int devices, double seconds)
    {
        // Nodes share the slots; what they send each other comes on top, and depends on links that are not here.
        var step = seconds * estimate.SlotsOfDeviceMax / slotsHere;
        var result = new
        {
            parameters = estimate.Parameters,
            nodes,
            devicesPerNode = devices,
            steps = spec.Steps,
            samplesPerStep = spec.SlotCount * spec.SlotSize,
            secondsPerStep = Math.Round(step, 4),
            hours = Math.Round(step * spec.Steps / 3600, 3),
            shardBytesPerNode = estimate.ShardBytes / nodes,
            nodeBytes = estimate.NodeBytes + devices * estimate.DeviceBytes,
            peakBytesHere = Process.GetCurrentProcess().PeakWorkingSet64,
            checkpointBytes = estimate.CheckpointBytes,
            sentBytesPerStep = estimate.SentBytesMax,
        };
        if (console.IsJson)
        {
            console.WriteResult(result);
            return;
        }
        var lines = console.OutputText;
        lines.WriteLine($"{result.parameters / 1e6:f1} million parameters, {result.steps} steps of {result.samplesPerStep} samples on {nodes} × {devices} devices");
        lines.WriteLine($"time        {result.secondsPerStep:g3} s a step{(nodes > 1 ? " without the links between nodes" : "")}, {result.hours:g3} hours in all");
        lines.WriteLine($"memory      {Size(result.shardBytesPerNode + result.nodeBytes)} a node beside activations; this process took {Size(result.peakBytesHere)} at most, with all shards");
        lines.WriteLine($"checkpoint  {Size(result.checkpointBytes)}");
        if (nodes > 1) lines.WriteLine($"traffic     {Size(result.sentBytesPerStep)} a step, sent by the node that sends most");
    }

    private static string Size(long bytes) => bytes >= 1e9 ? $"{bytes / 1e9:f2} GB" : $"{bytes / 1e6:f1} MB";
}
