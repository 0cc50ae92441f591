using System.CommandLine;
using OrleansBlip.Benchmarks.Training;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Silo;
using Spectre.Console;

namespace OrleansBlip.Benchmarks.Wire;

/// <summary>Bytes that the nodes of a training send each other in a step, beside the formula of the protocol.</summary>
internal static class WireBytesBenchmark
{
    private const int WarmUpSteps = 20;

    public static Command Command()
    {
        var folder = new Option<string>("--out") { Description = "Where worlds and checkpoints go.", DefaultValueFactory = _ => "wire-bytes" };
        var steps = new Option<int>("--steps") { Description = "Steps that are counted.", DefaultValueFactory = _ => 100 };
        var command = new Command("bytes", "Bytes on the wire per step of the demo's training on two and three nodes, beside the formula.") { folder, steps };
        command.SetAction((result, cancellation) => RunAsync(Path.GetFullPath(result.GetRequiredValue(folder)), result.GetValue(steps), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string folder, int steps, CancellationToken cancellation)
    {
        TorchHost.PrepareProcess();
        var table = new Table().Border(TableBorder.Markdown);
        table.AddColumns("nodes", "slots", "gradients", "backups", "c", "formula, bytes a step", "sent, bytes a step", "difference");
        var demo = TrainingCase.Of(TrainingCase.Names[0], folder);
        foreach (var (nodes, slots, precision, backups) in new (int, int, GradientPrecision, int)[]
        {
            (2, 2, GradientPrecision.Float32, 0),
            (2, 2, GradientPrecision.BFloat16, 0),
            (2, 2, GradientPrecision.Float32, 1),
            (3, 6, GradientPrecision.Float32, 0),
            (3, 4, GradientPrecision.Float32, 0),
            (3, 6, GradientPrecision.BFloat16, 1),
        })
        {
            var @case = demo with { Template = demo.Template with { SlotCount = slots, GradientPrecision = precision } };
            string run = Path.Combine(folder, $"run-{Guid.NewGuid():n}");
            var request = @case.Request(Path.Combine(run, "checkpoints"), WarmUpSteps + steps + 1) with { Backups = backups };
            var (sent, c) = await MeasureAsync(request, run, nodes, cancellation);
            double formula = FormulaOf(request, nodes, c);
            table.AddRow($"{nodes}", $"{slots}", $"{precision}", $"{backups}", $"{c:f3}", $"{formula:f0}", $"{sent:f0}", $"{100 * (sent / formula - 1):+0.00;-0.00}%");
        }
        AnsiConsole.Profile.Width = 220; // a table that is redirected to a file must not wrap
        AnsiConsole.Write(table);
        return 0;
    }

    /// <summary>Bytes a step of all nodes, and the mean number of aligned subtrees in a trainer's lease.</summary>
    private static async Task<(double Sent, double C)> MeasureAsync(RunRequest request, string folder, int nodes, CancellationToken cancellation)
    {
        using var counter = new ByteCounter();
        await using var cluster = await JobCluster.StartAsync(nodes, folder, verbose: false, cancellation);
        (long Step, long Sent, long Pushes)? first = null, last = null;
        RunStatus? status = null;
        await foreach (var progress in cluster.Client.TrainAsync(RunId.Parse(Path.GetFileName(folder)), request, cancellation))
        {
            status = progress.Status;
            if (status.Step.Value < WarmUpSteps || status.IsAtRest) continue;
            last = (status.Step.Value, counter.Sent, counter.Pushes);
            first ??= last;
        }
        if (status!.State != RunState.Completed) throw new InvalidOperationException($"The run ended as {status.State}: {status.Problem}");
        double steps = last!.Value.Step - first!.Value.Step;
        return ((last.Value.Sent - first.Value.Sent) / steps, (last.Value.Pushes - first.Value.Pushes) / steps / (nodes * Math.Min(nodes, request.Spec.SlotCount)));
    }

    /// <summary>
    /// (n−1)/n·P·(c·g + p) a node, n of them; the momentum copies, which are pulled too; a backup's sums; and the features: pushed to the lead shard from all but its own node, and
    /// pulled from it by all others, as many as its queue holds.
    /// </summary>
    private static double FormulaOf(RunRequest request, int nodes, double c)
    {
        var model = new BlipSlotComputerFactory().Describe(request);
        double parameters = model.Layout.ElementCount, gradientBytes = request.Spec.GradientPrecision == GradientPrecision.BFloat16 ? 2 : 4;
        double rowBytes = 2 * sizeof(float) * model.QueueWidth + sizeof(long), samples = (double)request.Spec.SlotCount * request.Spec.SlotSize;
        double pushed = model.QueueCapacity > 0 ? samples * rowBytes : 0, pulled = Math.Min(samples, model.QueueCapacity) * rowBytes;
        double blocks = (nodes - 1) * (parameters * (c * gradientBytes + sizeof(float)) + sizeof(float) * (double)model.Layout.MomentumElementCount);
        // A sum that was rounded at each of its nodes goes to the backup as short as it is; the protocol reckons with four bytes.
        return blocks + request.Backups * (gradientBytes * parameters + pushed) + pushed * (nodes - 1.0) / nodes + pulled * (nodes - 1);
    }
}
