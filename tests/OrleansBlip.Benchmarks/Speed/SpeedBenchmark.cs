using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Model.Devices;
using OrleansBlip.Silo;
using Spectre.Console;
using TorchSharp;

namespace OrleansBlip.Benchmarks.Speed;

/// <summary>
/// How fast the product's own pieces are at the sizes of reference/speed.md: the plain loop's step, captioner, filter. Each case runs in a process of its own,
/// so that its peak of memory is its own, on two devices of one core each.
/// </summary>
internal static class SpeedBenchmark
{
    private const int Devices = 2, MatmulSide = 2048, MatmulTries = 12;

    public static Command Command()
    {
        var folder = new Option<string>("--out") { Description = "Where worlds go.", DefaultValueFactory = _ => "speed" };
        var cases = new Option<string[]>("--case") { Description = "Cases to measure; all without it.", DefaultValueFactory = _ => [.. SpeedCase.All.Select(one => one.Name)] };
        cases.AcceptOnlyFromAmong([.. SpeedCase.All.Select(one => one.Name)]);
        cases.AllowMultipleArgumentsPerToken = true;
        var calls = new Option<int?>("--calls") { Description = "Calls to measure; 3 of base and 20 of small without it." };
        var alone = new Option<bool>("--alone") { Description = "Measure the one case in this process and print JSON.", Hidden = true };
        var command = new Command("speed", "Training, captioning and filtering at the sizes of reference/speed.md, as shares of a matrix product.") { folder, cases, calls, alone };
        command.SetAction(async (result, cancellation) =>
        {
            var chosen = SpeedCase.All.Where(one => result.GetRequiredValue(cases).Contains(one.Name)).ToArray();
            var at = Path.GetFullPath(result.GetRequiredValue(folder));
            if (!result.GetValue(alone)) return await CompareAsync(chosen, at, result.GetValue(calls), cancellation);
            Console.WriteLine(JsonSerializer.Serialize(await MeasureAsync(chosen.Single(), at, result.GetValue(calls))));
            return 0;
        });
        return command;
    }

    private static async Task<int> CompareAsync(SpeedCase[] cases, string folder, int? calls, CancellationToken cancellation)
    {
        var table = new Table().Border(TableBorder.Markdown);
        table.AddColumns("case", "s a call", "calls", "samples/s", "matmul GFLOP/s", "share", "the reference's", "aim", "peak GB", "the reference's");
        foreach (var one in cases)
        {
            var measured = await MeasureInAnotherProcessAsync(one, folder, calls, cancellation);
            Console.Error.WriteLine($"{one.Name}: {measured}");
            var share = one.Gigaflops / measured.Seconds / measured.MatmulGigaflops;
            table.AddRow(
                one.Name, $"{measured.Seconds:f3}", $"{measured.Calls}", $"{one.Samples / measured.Seconds:f2}", $"{measured.MatmulGigaflops:f0}", $"{share:f2}", $"{one.ReferenceShare:f2}",
                $"{one.Aim:f2}", $"{measured.PeakBytes / 1e9:f2}", $"{one.ReferenceGigabytes:f2}");
        }
        AnsiConsole.Profile.Width = 200; // a table that is redirected to a file must not wrap
        AnsiConsole.Write(table);
        return 0;
    }

    private static async Task<SpeedResult> MeasureInAnotherProcessAsync(SpeedCase one, string folder, int? calls, CancellationToken cancellation)
    {
        string[] count = calls is { } number ? ["--calls", number.ToString(CultureInfo.InvariantCulture)] : [];
        return JsonSerializer.Deserialize<SpeedResult>(await SelfProcess.RunAsync(["speed", "--alone", "--out", folder, "--case", one.Name, .. count], cancellation))!;
    }

    private static async Task<SpeedResult> MeasureAsync(SpeedCase one, string folder, int? calls)
    {
        TorchHost.PrepareProcess();
        await using var both = new DevicePool(new DeviceOptions { DeviceCount = 1 }, _ => TorchThreads.Claim(Devices));
        var matmul = await both.RunAnywhereAsync(Matmul);
        await using var devices = new DevicePool(new DeviceOptions { DeviceCount = Devices }, _ => TorchThreads.Claim(1));
        await using var work = one.IsTraining ? await TrainingWork.CreateAsync(one, folder, devices) : (ISpeedWork)await InferenceWork.CreateAsync(one, devices);
        var count = calls ?? (one.IsBase ? 3 : 20);
        for (var i = 0; i < Math.Max(1, count / 5); i++) await work.CallAsync();
        var seconds = new double[count];
        for (var i = 0; i < count; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await work.CallAsync();
            seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        Array.Sort(seconds);
        // The machine's speed varies: what is fair is the better of before and after.
        matmul = Math.Max(matmul, await both.RunAnywhereAsync(Matmul));
        return new SpeedResult(seconds[count / 2], count, matmul, SelfProcess.PeakBytes());
    }

    private static double Matmul()
    {
        using var scope = torch.NewDisposeScope();
        torch.Tensor a = torch.ones(MatmulSide, MatmulSide), b = torch.ones(MatmulSide, MatmulSide);
        var best = double.MaxValue;
        for (var i = 0; i < MatmulTries; i++)
        {
            var start = Stopwatch.GetTimestamp();
            using var product = torch.matmul(a, b);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return 2.0 * MatmulSide * MatmulSide * MatmulSide / best / 1e9;
    }
}
