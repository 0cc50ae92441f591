using System.CommandLine;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Silo;
using Spectre.Console;

namespace OrleansBlip.Benchmarks.Training;

/// <summary>What checkpoints cost a training: for how long the step waits while the shards copy what is to be written, and what the writing beside it takes from the next steps.</summary>
internal static class CheckpointsBenchmark
{
    private const int WarmUpSteps = 10;

    public static Command Command()
    {
        var folder = new Option<string>("--out") { Description = "Where worlds and checkpoints go.", DefaultValueFactory = _ => "checkpoints" };
        var interval = new Option<int>("--interval") { Description = "Steps between checkpoints.", DefaultValueFactory = _ => 10 };
        var count = new Option<int>("--count") { Description = "Checkpoints to measure.", DefaultValueFactory = _ => 6 };
        var cases = new Option<string[]>("--case") { Description = "Sizes to measure; all without it.", DefaultValueFactory = _ => TrainingCase.Names };
        cases.AcceptOnlyFromAmong(TrainingCase.Names);
        var command = new Command("checkpoints", "Time that a step waits for a checkpoint, and that its writing takes.") { folder, interval, count, cases };
        command.SetAction((result, cancellation) =>
            RunAsync(Path.GetFullPath(result.GetRequiredValue(folder)), result.GetRequiredValue(cases), result.GetValue(interval), result.GetValue(count), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string folder, string[] cases, int interval, int count, CancellationToken cancellation)
    {
        TorchHost.PrepareProcess();
        var table = new Table().Border(TableBorder.Markdown);
        table.AddColumns("size", "MB a checkpoint", "ms a step without", "ms that the step waits", "share", "ms that writing adds in all");
        foreach (var name in cases)
        {
            var @case = TrainingCase.Of(name, folder);
            var steps = WarmUpSteps + interval * count;
            var (without, _, _) = await MeasureAsync(@case, folder, steps, interval: 0, cancellation);
            var (with, waited, bytes) = await MeasureAsync(@case, folder, steps, interval, cancellation);
            var usual = without.Order().ElementAt(without.Count / 2);
            // The last checkpoint is written after the last step.
            var added = (with.Average() - without.Average()) * with.Count / (count - 1);
            table.AddRow(name, $"{bytes / 1e6:f1}", $"{usual:f1}", $"{waited:f1}", $"{waited / usual:p1}", $"{added:f0}");
        }
        AnsiConsole.Profile.Width = 200; // a table that is redirected to a file must not wrap
        AnsiConsole.Write(table);
        return 0;
    }

    private static async Task<(List<double> Steps, double Waited, long Bytes)> MeasureAsync(TrainingCase @case, string folder, int steps, int interval, CancellationToken cancellation)
    {
        var run = Path.Combine(folder, $"{@case.Name}-{Guid.NewGuid():n}");
        var request = @case.Request(Path.Combine(run, "checkpoints"), steps) with { CheckpointInterval = interval };
        await using var cluster = await JobCluster.StartAsync(nodes: 1, run, verbose: false, cancellation);
        using var phases = new PhaseListener();
        List<double> durations = [];
        await foreach (var progress in cluster.Client.TrainAsync(RunId.Parse(Path.GetFileName(run)), request, cancellation))
            durations.AddRange(progress.Steps.Where(step => step.Step.Value >= WarmUpSteps).Select(step => step.Duration.TotalMilliseconds));
        var bytes = new DirectoryInfo(Path.Combine(request.CheckpointFolder, "objects")).EnumerateFiles().GroupBy(file => file.Name.Split('-')[0]).Max(files => files.Sum(file => file.Length));
        return (durations, phases.Means().GetValueOrDefault("checkpoint"), bytes);
    }
}
