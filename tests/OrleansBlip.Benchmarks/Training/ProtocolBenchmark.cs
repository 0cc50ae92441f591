using System.CommandLine;
using System.Diagnostics;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Devices;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Silo;
using Spectre.Console;
using TorchSharp;

namespace OrleansBlip.Benchmarks.Training;

/// <summary>
/// What the protocol costs: the same training by the plain loop and through the grains of one silo, in one process, turn and turn about. Whoever goes
/// first in a round goes second in the next.
/// </summary>
internal static class ProtocolBenchmark
{
    private const int WarmUpSteps = 20;

    public static Command Command()
    {
        var folder = new Option<string>("--out") { Description = "Where worlds and checkpoints go.", DefaultValueFactory = _ => "protocol" };
        var rounds = new Option<int>("--rounds") { Description = "Measurements of each.", DefaultValueFactory = _ => 4 };
        var steps = new Option<int>("--steps") { Description = "Steps of a measurement of the demo's size; pretrain-small takes a tenth.", DefaultValueFactory = _ => 300 };
        var cases = new Option<string[]>("--case") { Description = "Sizes to measure; both without it.", DefaultValueFactory = _ => TrainingCase.Names };
        cases.AcceptOnlyFromAmong(TrainingCase.Names);
        var command = new Command("protocol", "Time of a step through grains beside the plain loop's, with its phases, memory and live tensors.") { folder, rounds, steps, cases };
        command.SetAction((result, cancellation) =>
            RunAsync(Path.GetFullPath(result.GetRequiredValue(folder)), result.GetRequiredValue(cases), result.GetValue(rounds), result.GetValue(steps), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string folder, string[] cases, int rounds, int steps, CancellationToken cancellation)
    {
        TorchHost.PrepareProcess();
        var table = new Table().Border(TableBorder.Markdown);
        table.AddColumns("size", "plain loop, ms a step", "grains, ms a step", "cost, of medians", "median cost of a round", "pull ms", "compute ms", "push ms", "a sum, ms", "vote ms", "decision ms", "AdamW ms", "MiB at step 20 → last", "tensors at step 20 → last", "same weights");
        foreach (var name in cases)
        {
            var (@case, count) = (TrainingCase.Of(name, folder), name == TrainingCase.Names[0] ? steps : steps / 10);
            List<StepTimes> plain = [], grains = [];
            for (var round = 0; round < rounds; round++)
            {
                var run = Path.Combine(folder, $"{@case.Name}-{Guid.NewGuid():n}");
                var request = @case.Request(Path.Combine(run, "checkpoints"), WarmUpSteps + count);
                if (round % 2 == 0) plain.Add(await PlainAsync(request, WarmUpSteps));
                grains.Add(await GrainsAsync(request, run, WarmUpSteps, cancellation));
                if (round % 2 == 1) plain.Add(await PlainAsync(request, WarmUpSteps));
            }
            Add(table, @case.Name, plain, grains);
        }
        AnsiConsole.Profile.Width = 260; // a table that is redirected to a file must not wrap
        AnsiConsole.Write(table);
        return 0;
    }

    private static void Add(Table table, string name, List<StepTimes> plain, List<StepTimes> grains)
    {
        double MedianOf(IEnumerable<double> values)
        {
            double[] sorted = [.. values.Order()];
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
        double Median(List<StepTimes> times) => MedianOf(times.Select(time => time.Milliseconds));
        // The two of a round run one after the other: what the machine does meanwhile mostly meets both.
        var ofRounds = MedianOf(plain.Zip(grains, (alone, through) => through.Milliseconds / alone.Milliseconds));
        string Each(List<StepTimes> times) => $"{Median(times):f1} ({string.Join(", ", times.Select(time => $"{time.Milliseconds:f1}"))})";
        double Phase(string phase) => grains.Average(time => time.Phases[phase]);
        var last = grains[^1];
        table.AddRow(
            name, Each(plain), Each(grains), $"{100 * (Median(grains) / Median(plain) - 1):f1}%", $"{100 * (ofRounds - 1):f1}%", $"{Phase("pull"):f1}", $"{Phase("compute"):f1}", $"{Phase("push"):f1}", $"{Phase("reduce"):f1}", $"{Phase("vote"):f1}", $"{Phase("decide"):f1}", $"{Phase("apply"):f1}",
            $"{last.MebibytesBefore} → {last.MebibytesAfter}", $"{plain[^1].TensorsBefore} → {plain[^1].TensorsAfter}",
            plain.Concat(grains).Select(time => time.WeightsSha256).Distinct().Count() == 1 ? "yes" : "**no**");
    }

    /// <summary>Trains by the plain loop.</summary>
    public static async Task<StepTimes> PlainAsync(RunRequest request, int warmUp)
    {
        await using var devices = new DevicePool(new DeviceOptions(), _ => TorchThreads.Claim(1));
        await using var loop = await PlainLoop.CreateAsync(request, new BlipSlotComputerFactory(), devices);
        for (var step = 0; step < warmUp; step++) await loop.StepAsync();
        var (tensors, start) = (torch.Tensor.TotalCount, Stopwatch.GetTimestamp());
        while (loop.Step.Value < request.Spec.Steps) await loop.StepAsync();
        var milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds / (request.Spec.Steps - warmUp);
        return new StepTimes { Milliseconds = milliseconds, WeightsSha256 = loop.WeightsSha256, TensorsBefore = tensors, TensorsAfter = torch.Tensor.TotalCount };
    }

    /// <summary>Trains through the grains of one silo.</summary>
    public static async Task<StepTimes> GrainsAsync(RunRequest request, string folder, int warmUp, CancellationToken cancellation)
    {
        await using var cluster = await JobCluster.StartAsync(nodes: 1, folder, verbose: false, cancellation);
        using var phases = new PhaseListener();
        var (duration, memory) = (TimeSpan.Zero, 0L);
        RunStatus? status = null;
        await foreach (var progress in cluster.Client.TrainAsync(RunId.Parse(Path.GetFileName(folder)), request, cancellation))
        {
            foreach (var step in progress.Steps.Where(step => step.Step.Value >= warmUp)) duration += step.Duration;
            if (memory == 0 && progress.Status.Step.Value >= warmUp)
            {
                memory = Environment.WorkingSet;
                phases.Reset();
            }
            status = progress.Status;
        }
        if (status!.State != RunState.Completed) throw new InvalidOperationException($"The run ended as {status.State}: {status.Problem}");
        return new StepTimes
        {
            Milliseconds = duration.TotalMilliseconds / (request.Spec.Steps - warmUp),
            WeightsSha256 = status.WeightsSha256!,
            Phases = phases.Means(),
            MebibytesBefore = memory >> 20,
            MebibytesAfter = Environment.WorkingSet >> 20,
        };
    }
}
