using System.CommandLine;
using System.Diagnostics;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Model.Weights;
using Spectre.Console;

namespace OrleansBlip.Benchmarks.Training;

/// <summary>The shard's optimizer pass beside a copy of memory in the same process: each array that is read or written counts once in both.</summary>
internal static class AdamWBenchmark
{
    // Gradient, weights, next weights, both moments, momentum copies, next momentum copies; source and target.
    private const int ArraysOfPass = 7, ArraysOfCopy = 2;

    public static Command Command()
    {
        var millions = new Option<int>("--millions") { Description = "Parameters, in millions.", DefaultValueFactory = _ => 64 };
        var calls = new Option<int>("--calls") { Description = "Passes and copies to measure.", DefaultValueFactory = _ => 20 };
        var command = new Command("adamw", "AdamW with weight decay and momentum copies, as bandwidth beside that of memcpy.") { millions, calls };
        command.SetAction(result => Run(result.GetValue(millions) * 1_000_000, result.GetValue(calls)));
        return command;
    }

    private static int Run(int elements, int calls)
    {
        var layout = new ParameterLayout([new ParameterEntry { Name = "weight", Shape = [elements, 1], Offset = 0, Length = elements, MomentumOffset = 0, MomentumName = "weight_m" }]);
        float[] gradient = Noise(elements, 1), weights = Noise(elements, 2), target = new float[elements];
        var shard = new ParameterShardState<float>(layout, 0, elements, DecayRule.All, weights, weights);
        var step = new AdamWStep { LearningRate = 1e-4, Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8, WeightDecay = 0.05, GradientScale = 0.5, Momentum = 0.995 };
        var table = new Table().Border(TableBorder.Markdown);
        table.AddColumns("threads", "memcpy, GB/s", "AdamW, GB/s", "share", "AdamW, ms");
        foreach (var threads in new[] { 1, Environment.ProcessorCount })
        {
            List<double> copies = [], passes = [];
            for (var call = -2; call < calls; call++)
            {
                var (copy, pass) = (Seconds(() => Copy(weights, target, threads)), Seconds(() => shard.Apply(gradient, step, threads)));
                if (call < 0) continue;
                copies.Add(copy);
                passes.Add(pass);
            }
            double Bandwidth(List<double> seconds, int arrays) => arrays * (double)sizeof(float) * elements / seconds.Order().ElementAt(calls / 2) / 1e9;
            var (copied, passed) = (Bandwidth(copies, ArraysOfCopy), Bandwidth(passes, ArraysOfPass));
            table.AddRow($"{threads}", $"{copied:f1}", $"{passed:f1}", $"{passed / copied:f2}", $"{passes.Order().ElementAt(calls / 2) * 1e3:f0}");
        }
        AnsiConsole.Write(table);
        return 0;
    }

    private static void Copy(float[] source, float[] target, int threads)
    {
        var part = (source.Length - 1) / threads + 1;
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
        {
            var range = (i * part)..Math.Min(source.Length, (i + 1) * part);
            source.AsSpan(range).CopyTo(target.AsSpan(range));
        });
    }

    private static double Seconds(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static float[] Noise(int count, uint seed)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++) values[i] = (((uint)i * 2654435761u + seed * 40503u) >> 8) * (1f / (1 << 24)) - 0.5f;
        return values;
    }
}
