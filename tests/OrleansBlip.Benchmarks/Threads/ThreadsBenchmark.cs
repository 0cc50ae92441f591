using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Spectre.Console;

namespace OrleansBlip.Benchmarks.Threads;

/// <summary>
/// Why a device on the CPU is one core and one thread: the same cores as one device of two threads, and as two devices of one. Each case runs in a
/// process of its own, since OpenMP reads its environment once.
/// </summary>
internal static class ThreadsBenchmark
{
    private const string SetByProgram = "TorchThreads.LimitSpinning";
    private static readonly string[] Environments = ["", SetByProgram, "OMP_WAIT_POLICY=passive", "OMP_WAIT_POLICY=active"];

    public static Command Command()
    {
        var seconds = new Option<double>("--seconds") { Description = "Length of each of ten rounds of a case; the best counts." };
        seconds.DefaultValueFactory = _ => 0.5;
        var command = new Command("threads", "Samples/s, cores used and idle spinning by devices and threads per device.") { seconds, CaseCommand() };
        command.SetAction((result, cancellation) => RunAllAsync(result.GetValue(seconds), cancellation));
        return command;
    }

    private static Command CaseCommand()
    {
        var json = new Argument<string>("case");
        var command = new Command("case", "One case in this process.") { json };
        command.Hidden = true;
        command.SetAction(async (result, _) =>
        {
            var outcome = await JsonSerializer.Deserialize<ThreadsCase>(result.GetRequiredValue(json))!.RunAsync();
            Console.WriteLine(JsonSerializer.Serialize(outcome));
        });
        return command;
    }

    private static async Task<int> RunAllAsync(double seconds, CancellationToken cancellation)
    {
        var table = new Table().Border(TableBorder.Markdown);
        table.AddColumns("workload", "devices × threads", "environment", "samples/s", "cores used", "idle ms in 1 s", "threads added", "gradient bits");
        foreach (var size in new[] { "demo", "small" })
        {
            foreach (var (devices, threads, environments) in new[] { (1, 1, 1), (1, 2, 4), (2, 1, 1), (2, 2, 2), (2, 0, 1) })
            {
                foreach (var environment in Environments.Take(environments))
                {
                    var @case = new ThreadsCase(size, devices, threads, seconds, environment == SetByProgram);
                    var result = await RunInProcessAsync(@case, environment, cancellation);
                    table.AddRow(size, threads == 0 ? $"{devices} × unclaimed" : $"{devices} × {threads}", environment, $"{result.SamplesPerSecond:f0}",
                        $"{result.Cores:f2}", $"{result.IdleMilliseconds:f0}", $"{result.ExtraThreads}", result.Digests);
                }
            }
        }
        AnsiConsole.Profile.Width = 160; // a table that is redirected to a file must not wrap
        AnsiConsole.Write(table);
        return 0;
    }

    private static async Task<ThreadsResult> RunInProcessAsync(ThreadsCase @case, string environment, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["threads", "case", JsonSerializer.Serialize(@case)]) { RedirectStandardOutput = true };
        if (environment.Split('=') is [var name, var value]) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0) throw new InvalidOperationException($"Case {@case} ended with exit code {process.ExitCode}.");
        return JsonSerializer.Deserialize<ThreadsResult>(output)!;
    }
}
