using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training;
using OrleansBlip.Protocol.Security;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Silo;

namespace OrleansBlip.Benchmarks.Wire;

/// <summary>Another process with a node, and beside it a data plane without and one with TLS: spoken to in lines.</summary>
internal sealed class FarEnd : IAsyncDisposable
{
    private readonly Process _process;
    private readonly SemaphoreSlim _turn = new(1);

    private FarEnd(Process process, int rawPort) => (_process, RawPort) = (process, rawPort);

    /// <summary>Where it takes plain TCP.</summary>
    public int RawPort { get; }

    /// <summary>Starts it.</summary>
    /// <param name="primary">The cluster that its node joins.</param>
    /// <param name="certificates">Its certificates.</param>
    public static async Task<FarEnd> StartAsync(IPEndPoint primary, string certificates)
    {
        var process = SelfProcess.Start(["wire", "--far-end", $"{primary}", "--certificates", certificates]);
        string first = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The far end did not start.");
        return new FarEnd(process, int.Parse(first, CultureInfo.InvariantCulture));
    }

    /// <summary>A ticket for its sink.</summary>
    public async Task<StreamTicket?> AdmitAsync(bool isSecure)
    {
        await _turn.WaitAsync();
        try
        {
            await _process.StandardInput.WriteLineAsync(isSecure ? "tls" : "plain");
            string[] words = (await _process.StandardOutput.ReadLineAsync())!.Split(' ');
            return new StreamTicket { Secret = Guid.Parse(words[0]), Address = words[1], Port = int.Parse(words[2], CultureInfo.InvariantCulture), HeaderBytesMax = 1 << 16, BodyBytesMax = long.MaxValue };
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _turn.Dispose();
    }

    /// <summary>The other process's part.</summary>
    public static async Task ServeAsync(IPEndPoint primary, string certificates)
    {
        TorchHost.PrepareProcess();
        await using var silo = await BlipSilo.StartAsync(
            new BlipSiloOptions { Name = "far", ClusterId = WireBenchmark.Cluster, Primary = primary, Devices = new DeviceOptions { DeviceCount = 0 } }, services => services.AddTorch());
        await using var sink = new SinkShard(WireBenchmark.BlockElements);
        using var instruments = new TrainingInstruments();
        await using var plain = Plane(sink, credentials: null, instruments);
        await using var secure = Plane(sink, ClusterCredentials.Load(certificates), instruments);
        foreach (var plane in new[] { plain, secure }) plane.Start(IPAddress.Loopback, IPAddress.Loopback);
        Console.WriteLine(RawStreams.Listen());
        while (await Console.In.ReadLineAsync() is { } asked)
        {
            var ticket = (asked == "tls" ? secure : plain).Admit(WireBenchmark.Run, ShardIndex.Lead)!;
            Console.WriteLine($"{ticket.Secret} {ticket.Address} {ticket.Port}");
        }
    }

    private static DataPlaneServer Plane(SinkShard sink, ClusterCredentials? credentials, TrainingInstruments instruments) =>
        new((_, _) => sink, new DataPlaneOptions(), credentials, instruments, TimeProvider.System, NullLoggerFactory.Instance);
}
