using System.CommandLine;
using System.Diagnostics;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Cli.Progress;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Grains.Evaluation;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Silo;
using Spectre.Console;

namespace OrleansBlip.Benchmarks.Training;

/// <summary>
/// What a step should be made of: the demo's first pre-training in slots of other sizes, each given the same wall time. A short run tells how many steps
/// that are; the schedule is fitted to them. A training whose time is off by more than a twentieth all the same is made again with steps to fit.
/// </summary>
internal static class SlotsBenchmark
{
    private const int ProbeSteps = 400, ProbeWarmUpSteps = 100, TriesMax = 3;
    private const double Tolerance = 0.05;

    public static Command Command()
    {
        var folder = new Option<string>("--out") { Description = "Where the world and the models go.", DefaultValueFactory = _ => "slots" };
        var seconds = new Option<int>("--seconds") { Description = "Wall time of each.", DefaultValueFactory = _ => 150 };
        var command = new Command("slots", "2×16 and 2×32 on one thread a slot, 1×32 on two, at equal wall time.") { folder, seconds };
        command.SetAction((result, cancellation) => RunAsync(Path.GetFullPath(result.GetRequiredValue(folder)), result.GetValue(seconds), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string folder, int seconds, CancellationToken cancellation)
    {
        TorchHost.PrepareProcess();
        JobFolder.Claim(folder, resume: false).Keep();
        var @case = TrainingCase.Demo(folder);
        var set = EvaluationSet.Open(new DemoPaths(folder).World, ShapeWorldSplit.Val);
        var table = new Table().Border(TableBorder.Markdown);
        table.AddColumns("slots × samples", "threads a slot", "ms a step", "steps", "samples/s", "seconds", "val mean R@1", "val R@10", "CIDEr");
        foreach (var (slots, size, threads) in new[] { (2, 16, 1), (2, 32, 1), (1, 32, 2) })
        {
            var template = @case.Template with { SlotCount = slots, SlotSize = size, ThreadsPerDevice = threads };
            var name = $"{slots}x{size}";
            await using var cluster = await JobCluster.StartAsync(nodes: 1, Path.Combine(folder, name), verbose: false, cancellation, threads);
            var training = new TrainingWatch(cluster.Client, new SilentProgressView(TextWriter.Null));
            var measured = @case with { Template = template };
            var probe = await ProbeAsync(cluster, measured.Request(Path.Combine(folder, name, "probe"), ProbeSteps), cancellation);
            var steps = (long)(1000 * seconds / probe);
            var (took, checkpoints) = (0.0, "");
            for (var attempt = 1; attempt <= TriesMax && Math.Abs(took / seconds - 1) > Tolerance; attempt++)
            {
                if (attempt > 1) steps = (long)(steps * seconds / took);
                var start = Stopwatch.GetTimestamp();
                checkpoints = Path.Combine(folder, name, $"checkpoints-{attempt}");
                await training.TrainAsync(RunId.Parse($"{name}-{attempt}"), measured.Request(checkpoints, steps), name, cancellation);
                took = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
            var model = ModelFolder.FromCheckpoint(checkpoints, new DemoPaths(folder).Vocabulary, Path.Combine(folder, name, "model"));
            var report = (await new ShapeWorldEvaluation(set).ScoreAsync(model, cluster.Devices, cancellation)).Report;
            table.AddRow($"{slots} × {size}", $"{threads}", $"{probe:f1}", $"{steps}", $"{slots * size * steps / took:f0}", $"{took:f0}", $"{report.MeanR1:f1}", $"{(report.Tr10 + report.Ir10) / 2:f1}", $"{report.Cider:f0}");
        }
        AnsiConsole.Profile.Width = 160; // a table that is redirected to a file must not wrap
        AnsiConsole.Write(table);
        return 0;
    }

    /// <summary>Milliseconds of a step.</summary>
    private static async Task<double> ProbeAsync(JobCluster cluster, RunRequest request, CancellationToken cancellation)
    {
        var durations = new List<TimeSpan>();
        await foreach (var progress in cluster.Client.TrainAsync(RunId.Parse("probe"), request, cancellation)) durations.AddRange(progress.Steps.Select(step => step.Duration));
        return durations.Skip(ProbeWarmUpSteps).Average(duration => duration.TotalMilliseconds);
    }
}
