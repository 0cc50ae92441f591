using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using OrleansBlip.Client;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Security;
using OrleansBlip.Silo.Tests.Storage;
using OrleansBlip.Tests.Certificates;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>Nodes in processes of their own that speak by mutual TLS, at an address that others could reach: the weights are those of the plain loop.</summary>
public sealed class SecureProcessesTests(RealModelFixture fixture, PostgresFixture postgres) : IClassFixture<RealModelFixture>, IClassFixture<PostgresFixture>, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>This machine's in its network; where it is in none, loopback must do.</summary>
    private static readonly IPAddress Address = NetworkInterface.GetAllNetworkInterfaces()
        .Where(network => network.OperationalStatus == OperationalStatus.Up)
        .SelectMany(network => network.GetIPProperties().UnicastAddresses, (_, unicast) => unicast.Address)
        .Where(address => address.AddressFamily == AddressFamily.InterNetwork)
        .OrderBy(IPAddress.IsLoopback).First();

    private readonly TestAuthority _authority = new();
    private readonly ConcurrentQueue<string> _told = [];
    private readonly string _cluster = Guid.NewGuid().ToString("N");

    [PostgresFact]
    public async Task Run_OnProcessesWithCertificates_OfWhichOneIsKilled_EndsWithThePlainLoopsWeights()
    {
        var request = fixture.Request("secure", steps: 30) with { CheckpointInterval = 10 };
        string expected = await fixture.PlainHashAsync(request, devices: 2);
        List<Process> nodes = [await StartAsync("a"), await StartAsync("b")];
        try
        {
            var credentials = ClusterCredentials.Load(_authority.Folder(CertificateRole.Client, "me"));
            await using var client = await BlipClient.ConnectToDatabaseAsync(postgres.Server.Connection, _cluster, credentials).WaitAsync(Patience);
            var last = default(RunProgress);
            using var patience = new CancellationTokenSource(Patience);
            await foreach (var progress in client.TrainAsync(new RunId("secure"), request, patience.Token))
            {
                last = progress;
                if (progress.Status.Step.Value < 5 || nodes.Count > 2) continue;
                nodes[1].Kill();
                nodes.Add(await StartAsync("c"));
            }
            Assert.True((last!.Status.State, last.Status.WeightsSha256) == (RunState.Completed, expected), $"{last.Status}\n{string.Join('\n', _told.TakeLast(50))}");
            Assert.Equal(3, nodes.Count);

            // Whoever has no certificate sees the cluster in the database, and gets no further.
            var failure = await Assert.ThrowsAsync<ClusterUnreachableException>(() => BlipClient.ConnectToDatabaseAsync(postgres.Server.Connection, _cluster).WaitAsync(Patience));
            Assert.Contains("it wants a certificate", failure.Message, StringComparison.Ordinal);
        }
        finally
        {
            foreach (var node in nodes)
            {
                if (!node.HasExited) node.Kill();
                await node.WaitForExitAsync();
                node.Dispose();
            }
        }
    }

    public void Dispose() => _authority.Dispose();

    private async Task<Process> StartAsync(string name)
    {
        string certificates = _authority.Folder(CertificateRole.Silo, name, false, Address);
        var node = NodeProcess.Start(
            "--name", name, "--cluster", _cluster, "--database", postgres.Server.Connection, "--address", $"{Address}", "--certificates", certificates, "--devices", "1", "--device", "cpu");
        node.ErrorDataReceived += (_, line) => { if (line.Data is not null) _told.Enqueue($"{name}: {line.Data}"); };
        node.BeginErrorReadLine();
        string? started = await node.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        Assert.True(started is not null, string.Join('\n', _told.TakeLast(50)));
        Assert.Contains($"silos reach it at {Address}:", started, StringComparison.Ordinal);
        return node;
    }
}
