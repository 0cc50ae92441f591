using System.CommandLine;
using System.Globalization;
using OrleansBlip.Silo;
using Spectre.Console;

namespace OrleansBlip.Benchmarks.Training;

/// <summary>The peak of memory of a training through grains beside the plain loop's, each in a process of its own.</summary>
internal static class MemoryBenchmark
{
    private const string Plain = "plain", Grains = "grains";

    public static Command Command()
    {
        var folder = new Option<string>("--out") { Description = "Where worlds and checkpoints go.", DefaultValueFactory = _ => "memory" };
        var steps = new Option<int?>("--steps") { Description = "Steps of each training; without it two passes over the demo's pictures, and 30 of pretrain-small." };
        var cases = new Option<string[]>("--case") { Description = "Sizes to measure; all without it.", DefaultValueFactory = _ => TrainingCase.Names };
        cases.AcceptOnlyFromAmong(TrainingCase.Names);
        var every = new Option<int?>("--checkpoint-every") { Description = "Steps between checkpoints of the training through grains, 0 for the last one alone; without it a tenth of the steps.", HelpName = "N" };
        every.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() < 0) result.AddError("--checkpoint-every must be 0 or more.");
        });
        var recomputed = new Option<bool>("--recomputed") { Description = "Compute the activations of image blocks again in the backward pass." };
        var alone = new Option<string?>("--alone") { Description = "Train in this process, in one of the two ways, and print its peak.", Hidden = true };
        var command = new Command("memory", "Peak of resident memory through grains beside the plain loop's.") { folder, steps, cases, every, recomputed, alone };
        command.SetAction(async (result, cancellation) =>
        {
            var (at, count, names) = (Path.GetFullPath(result.GetRequiredValue(folder)), result.GetValue(steps), result.GetRequiredValue(cases));
            string[] options = result.GetValue(recomputed) ? [recomputed.Name] : [];
            if (result.GetValue(alone) is not { } way) return await CompareAsync(at, count, result.GetValue(every), names, options, cancellation);
            var @case = TrainingCase.Of(names.Single(), at);
            Console.WriteLine(await PeakAsync(options.Length > 0 ? @case.Recomputed() : @case, way, at, count ?? 1, result.GetValue(every) ?? 0, cancellation));
            return 0;
        });
        return command;
    }

    private static async Task<int> CompareAsync(string folder, int? steps, int? every, string[] cases, string[] options, CancellationToken cancellation)
    {
        var table = new Table().Border(TableBorder.Markdown);
        table.AddColumns("size", "checkpoints", "plain loop, MB", "grains, MB", "ratio");
        foreach (var name in cases)
        {
            var count = steps ?? (name == TrainingCase.Names[0] ? 700 : 30);
            // So many that a copy of the parameters lies beside the activations of a step, as in any training that is to survive its nodes.
            int interval = every ?? Math.Max(1, count / 10);
            var (plain, grains) = (await MeasureAsync(Plain), await MeasureAsync(Grains));
            table.AddRow(name, interval == 0 ? "the last" : $"every {interval} of {count} steps", $"{plain / 1e6:f0}", $"{grains / 1e6:f0}", $"{(double)grains / plain:f2}");

            async Task<long> MeasureAsync(string way) => long.Parse(
                await SelfProcess.RunAsync(["memory", "--alone", way, "--out", folder, "--case", name, "--steps", $"{count}", "--checkpoint-every", $"{interval}", .. options], cancellation), CultureInfo.InvariantCulture);
        }
        AnsiConsole.Write(table);
        return 0;
    }

    private static async Task<long> PeakAsync(TrainingCase @case, string way, string folder, int steps, int interval, CancellationToken cancellation)
    {
        TorchHost.PrepareProcess();
        var run = Path.Combine(folder, $"{@case.Name}-{Guid.NewGuid():n}");
        var request = @case.Request(Path.Combine(run, "checkpoints"), steps) with { CheckpointInterval = interval };
        if (way == Plain) await ProtocolBenchmark.PlainAsync(request, warmUp: 0);
        else await ProtocolBenchmark.GrainsAsync(request, run, warmUp: 0, cancellation);
        return SelfProcess.PeakBytes();
    }
}
