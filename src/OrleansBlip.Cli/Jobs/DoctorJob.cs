using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Results;
using OrleansBlip.Data.Durability;
using OrleansBlip.Data.Images;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Model.Devices;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Silo;
using OrleansBlip.Silo.Storage;
using Spectre.Console;
using TorchSharp;

namespace OrleansBlip.Cli.Jobs;

/// <summary><c>doctor</c>: each thing that a training needs is used once, as a training would use it.</summary>
internal static class DoctorJob
{
    private const int MatmulSide = 1024, MatmulTries = 8, DiskBytes = 16 << 20;

    private const string RedAndBluePng = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAADUlEQVR42mP4zwAE/wEHAAH/PX2MSQAAAABJRU5ErkJggg==";

    /// <summary>Less than this is told: a checkpoint of a large model takes some gigabytes.</summary>
    private const long DiskFreeMin = 2L << 30;

    public static async Task<int> RunAsync(DoctorRequest request, JobConsole console, CancellationToken cancellation)
    {
        List<DoctorFinding> findings =
        [
            await LookAsync("libtorch", () => Task.FromResult(Libtorch(TorchDevices.First(request.Device)))),
            await LookAsync("devices", () => DevicesAsync(request.Device)),
            await LookAsync("pictures", () => Task.FromResult(Pictures())),
            await LookAsync("cluster", () => ClusterAsync(request.Folder, cancellation)),
            await LookAsync("database", () => DatabaseAsync(request.Database, cancellation), isNeeded: request.Database is not null),
            await LookAsync("ports", () => Task.FromResult(Ports(request.Address, request.Ports))),
            await LookAsync("disk", () => Task.FromResult(Disk(request.Folder))),
            await LookAsync("memory", () => Task.FromResult($"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9:f1} GB for this process")),
            await LookAsync("videos", () => Task.FromResult(Ffmpeg()), isNeeded: false),
        ];
        cancellation.ThrowIfCancellationRequested();
        Write(findings, console);
        return findings.Any(finding => finding.IsFine == false) ? ExitCode.Failed : ExitCode.Ok;
    }

    private static async Task<DoctorFinding> LookAsync(string what, Func<Task<string>> look, bool isNeeded = true)
    {
        try
        {
            return new DoctorFinding(what, true, await look());
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            return new DoctorFinding(what, isNeeded ? false : null, failure.Message.ReplaceLineEndings(" "));
        }
    }

    private static string Libtorch(torch.Device place) => string.Join(", ", [Arithmetic.Library, Arithmetic.InstructionSetOf(place), .. Arithmetic.VariablesOf(place)]);

    private static async Task<string> DevicesAsync(DeviceChoice choice)
    {
        await using var devices = new DevicePool(TorchDevices.Of(choice, threads: 1), _ => TorchThreads.Claim(1));
        var speeds = await Task.WhenAll(Enumerable.Range(0, devices.Count).Select(device => devices[device].RunAsync(() => MatmulGigaflops(devices[device].Place))));
        return $"{devices.Count} × {devices[0].Place}, {string.Join(" and ", speeds.Select(speed => $"{speed:f0}"))} GFLOP/s at once in a product of {MatmulSide}² matrices";
    }

    private static double MatmulGigaflops(torch.Device place)
    {
        using var scope = torch.NewDisposeScope();
        torch.Tensor a = torch.ones(MatmulSide, MatmulSide, device: place), b = torch.ones(MatmulSide, MatmulSide, device: place);
        var start = 0L;
        for (var i = -1; i < MatmulTries; i++)
        {
            if (i == 0) start = Stopwatch.GetTimestamp();
            using var product = torch.matmul(a, b);
            // Reading an element waits for a GPU.
            if (product[0, 0].item<float>() != MatmulSide) throw new InvalidOperationException($"{place} computes a product of ones as {product[0, 0].item<float>()} instead of {MatmulSide}.");
        }
        return 2.0 * MatmulSide * MatmulSide * MatmulSide * MatmulTries / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }

    private static string Pictures()
    {
        var read = ImageDecoder.Decode(Convert.FromBase64String(RedAndBluePng), "a red pixel beside a blue one");
        return read.Pixels.AsSpan().SequenceEqual((byte[])[255, 0, 0, 0, 0, 255]) ? ImageDecoder.Version : throw new InvalidDataException($"{ImageDecoder.Version} reads a red pixel beside a blue one as {string.Join(' ', read.Pixels)}.");
    }

    /// <summary>A silo with its state in a file and a call through it.</summary>
    private static async Task<string> ClusterAsync(string folder, CancellationToken cancellation)
    {
        var scratch = Path.Combine(folder, $".doctor-{Environment.ProcessId}");
        try
        {
            await using var cluster = await JobCluster.StartAsync(nodes: 1, scratch, verbose: false, cancellation);
            var node = await cluster.Client.Cluster.GetGrain<INode>("node-1").Describe();
            return $"{node.Name} answers on this machine's loopback interface, with its state in SQLite";
        }
        finally
        {
            if (Directory.Exists(scratch)) Directory.Delete(scratch, recursive: true);
        }
    }

    private static async Task<string> DatabaseAsync(string? connection, CancellationToken cancellation)
    {
        if (connection is null) throw new InvalidOperationException("no --database is given: nodes on several machines need a PostgreSQL, a job with nodes of its own does not");
        await PostgresStorage.CheckAsync(connection, cancellation);
        return $"it has the tables of version {PostgresStorage.SchemaVersion}";
    }

    /// <summary>Listens at all of them at once, as a node does.</summary>
    private static string Ports(IPAddress address, ImmutableArray<int> ports)
    {
        var listeners = new List<TcpListener>();
        try
        {
            foreach (int port in ports) listeners.Add(BlipSilo.Listen(address, port));
            return $"a node can listen at {address}, ports {string.Join(", ", listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port))}";
        }
        finally
        {
            foreach (var listener in listeners) listener.Dispose();
        }
    }

    private static string Disk(string folder)
    {
        var path = Path.Combine(folder, $".doctor-{Environment.ProcessId}.bin");
        var start = Stopwatch.GetTimestamp();
        try
        {
            DurableFile.WriteAllBytes(path, new byte[DiskBytes]);
        }
        finally
        {
            File.Delete(path);
        }
        var speed = DiskBytes / Stopwatch.GetElapsedTime(start).TotalSeconds;
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (free < DiskFreeMin) throw new IOException($"'{folder}' has {free / 1e9:f2} GB left; a job with checkpoints wants {DiskFreeMin / 1e9:f1} GB and more.");
        return $"{free / 1e9:f0} GB free at '{folder}', {speed / 1e6:f0} MB/s written and flushed";
    }

    private static string Ffmpeg()
    {
        using var process = Process.Start(new ProcessStartInfo("ffmpeg", ["-version"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var version = process.StandardOutput.ReadLine() ?? "it says nothing";
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return version;
    }

    private static void Write(List<DoctorFinding> findings, JobConsole console)
    {
        if (console.IsJson)
        {
            console.WriteResult(new { isFine = findings.TrueForAll(finding => finding.IsFine != false), findings });
            return;
        }
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "", "");
        table.ShowHeaders = false;
        foreach (var finding in findings)
            table.AddRow(new Text(finding.What), new Markup(finding.IsFine switch { true => "[green]fine[/]", false => "[red]broken[/]", null => "[yellow]missing[/]" }), new Text(finding.Finding));
        console.Output.Write(table);
    }
}
