using System.CommandLine;
using System.Globalization;
using System.Net;
using OrleansBlip.Benchmarks.Training;
using OrleansBlip.Client;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Model.Devices;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Silo;
using Spectre.Console;

namespace OrleansBlip.Benchmarks.Wire;

/// <summary>
/// What of a step's communication is not hidden behind computing: a training on two nodes in network namespaces of their own, over a link of 1 and 10 Gbit/s and over one
/// that is not shaped. Wants Linux, its root user, <c>ip</c> and <c>tc</c>.
/// </summary>
internal static class WireLinksBenchmark
{
    /// <summary>Steps until both nodes take part and their code is compiled.</summary>
    private static int WarmUpSteps(string name) => name == TrainingCase.Names[0] ? 100 : 5;

    private static readonly IPAddress Near = IPAddress.Parse("10.201.77.1"), Far = IPAddress.Parse("10.201.77.2");

    public static Command Command()
    {
        var folder = new Option<string>("--out") { Description = "Where worlds and checkpoints go.", DefaultValueFactory = _ => "wire-links" };
        var steps = new Option<int>("--steps") { Description = "Steps that are timed.", DefaultValueFactory = _ => 20 };
        var rounds = new Option<int>("--rounds") { Description = "Measurements of each link.", DefaultValueFactory = _ => 2 };
        var size = new Option<string>("--case") { Description = "Size of the model.", DefaultValueFactory = _ => TrainingCase.Names[1] };
        size.AcceptOnlyFromAmong(TrainingCase.Names);
        var node = new Option<string?>("--node") { Description = "Be a node: near, which trains, or far.", Hidden = true };
        var certificates = new Option<string?>("--certificates") { Description = "The node's certificates.", Hidden = true };
        var command = new Command("links", "Exposed communication of a step with links of 1 and 10 Gbit/s, in network namespaces.") { folder, steps, rounds, size, node, certificates };
        command.SetAction(async (result, cancellation) =>
        {
            var (path, count, name) = (Path.GetFullPath(result.GetRequiredValue(folder)), result.GetValue(steps), result.GetRequiredValue(size));
            if (result.GetValue(node) is { } which) await ServeAsync(which == "near", result.GetRequiredValue(certificates)!, path, name, count, cancellation);
            else await RunAsync(path, name, count, result.GetValue(rounds));
            return 0;
        });
        return command;
    }

    private static async Task RunAsync(string folder, string name, int steps, int rounds)
    {
        _ = TrainingCase.Of(name, folder); // draws its world once
        var table = new Table().Border(TableBorder.Markdown);
        table.AddColumns("link", "ms a step", "computing", "pull", "await", "push", "exposed share of a step", "more than without a limit");
        double free = 0;
        foreach (string? rate in new[] { null, "10gbit", "1gbit" })
        {
            List<double[]> all = [];
            for (int round = 0; round < rounds; round++) all.Add(await MeasureAsync(rate, folder, name, steps));
            double[] best = all.MinBy(times => times[0])!;
            if (rate is null) free = best[0];
            table.AddRow(
                rate ?? "not shaped", $"{best[0]:f1}", $"{best[1]:f1}", $"{best[2]:f1}", $"{best[3]:f1}", $"{best[4]:f1}", $"{100 * (best[2] + best[3] + best[4]) / best[0]:f1}%", $"{100 * (best[0] / free - 1):f1}%");
        }
        AnsiConsole.Profile.Width = 220; // a table that is redirected to a file must not wrap
        AnsiConsole.Write(table);
    }

    /// <summary>Milliseconds of a step and of its phases on one of two nodes: computing, until a version begins to come, waiting for the rest while computing, pushing.</summary>
    private static async Task<double[]> MeasureAsync(string? rate, string folder, string name, int steps)
    {
        using var certificates = new CertificateFolder();
        using var link = new ShapedLink(Near, Far, rate);
        string[] Arguments(string node) => ["wire", "links", "--node", node, "--certificates", certificates.Issue(node), "--out", folder, "--case", name, "--steps", $"{steps}"];
        using var near = link.Start(isNear: true, Arguments("near"));
        string at = await near.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The first node did not start.");
        using var far = link.Start(isNear: false, Arguments("far"));
        await far.StandardInput.WriteLineAsync(at);
        if (await far.StandardOutput.ReadLineAsync() is null) throw new InvalidOperationException("The second node did not start.");
        await near.StandardInput.WriteLineAsync("train");
        string told = await near.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The training did not end.");
        near.StandardInput.Close();
        far.StandardInput.Close();
        await far.WaitForExitAsync();
        await near.WaitForExitAsync();
        return [.. told.Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
    }

    private static async Task ServeAsync(bool isNear, string certificates, string folder, string name, int steps, CancellationToken cancellation)
    {
        TorchHost.PrepareProcess();
        var options = new BlipSiloOptions
        {
            Name = isNear ? "near" : "far",
            ClusterId = "links",
            Address = isNear ? Near : Far,
            Certificates = certificates,
            Primary = isNear ? null : IPEndPoint.Parse((await Console.In.ReadLineAsync(cancellation))!),
            Devices = new DeviceOptions { DeviceCount = 1 },
            ClaimDevice = _ => TorchThreads.Claim(1),
        };
        await using var silo = await BlipSilo.StartAsync(options, services => services.AddTorch(), cancellation);
        Console.WriteLine(silo.Endpoint);
        while (await Console.In.ReadLineAsync(cancellation) == "train") Console.WriteLine(await TrainAsync(silo, folder, name, steps, cancellation));
    }

    private static async Task<string> TrainAsync(BlipSilo silo, string folder, string name, int steps, CancellationToken cancellation)
    {
        string run = $"run-{Guid.NewGuid():n}";
        int warmUp = WarmUpSteps(name), trainers = int.MaxValue;
        var request = TrainingCase.Of(name, folder).Request(Path.Combine(folder, run), warmUp + steps) with { Backups = 0 };
        using var phases = new PhaseListener();
        await using var client = new BlipClient(silo.Client);
        List<double> durations = [];
        RunStatus? status = null;
        await foreach (var progress in client.TrainAsync(new RunId(run), request, cancellation))
        {
            durations.AddRange(progress.Steps.Where(step => step.Step.Value >= warmUp).Select(step => step.Duration.TotalMilliseconds));
            if (status?.Step.Value < warmUp && progress.Status.Step.Value >= warmUp) phases.Reset();
            if (progress.Status is { State: RunState.Training, Step.Value: var step, TrainerCount: var count } && step >= warmUp) trainers = Math.Min(trainers, count);
            status = progress.Status;
        }
        if (status!.State != RunState.Completed || trainers != 2) throw new InvalidOperationException($"The run ended as {status}, with {trainers} devices at the least.");
        var means = phases.Means();
        return string.Create(CultureInfo.InvariantCulture, $"{durations.Average():f3} {means["compute"]:f3} {means["pull"]:f3} {means["await"]:f3} {means["push"]:f3}");
    }
}
