using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;
using OrleansBlip.Silo.Tests.Storage;

namespace OrleansBlip.Silo.Tests.Membership;

/// <summary>Silos in processes of their own, whose probes are so slow that they find out nothing for more than a minute.</summary>
public sealed class LostConnectionsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const int ProbeSeconds = 30;

    /// <summary>A probe that is refused counts as missed at once: three of them take two pauses at least.</summary>
    private static readonly TimeSpan ProbesTake = TimeSpan.FromSeconds(2 * ProbeSeconds), Patience = TimeSpan.FromSeconds(120);

    private readonly ConcurrentQueue<string> _told = [];
    private readonly string _cluster = Guid.NewGuid().ToString("N");

    [PostgresTheory]
    [InlineData("a", "b")]
    [InlineData("b", "a")]
    public async Task Silo_WhoseProcessIsKilled_IsDeclaredDeadLongBeforeProbesFindItOut(string killed, string other)
    {
        // The second opened the connection that both use.
        Dictionary<string, Process> nodes = new() { ["a"] = await StartAsync("a"), ["b"] = await StartAsync("b") };
        try
        {
            Assert.Equal((SiloStatus.Active, SiloStatus.Active), (await StatusAsync(killed), await StatusAsync(other)));
            nodes[killed].Kill();
            await UntilDeadAsync(killed, ProbesTake / 2);
            Assert.Equal(SiloStatus.Active, await StatusAsync(other));
        }
        finally
        {
            foreach (var node in nodes.Values)
            {
                if (!node.HasExited) node.Kill();
                await node.WaitForExitAsync();
                node.Dispose();
            }
        }
    }

    private async Task<Process> StartAsync(string name)
    {
        var node = NodeProcess.Start("--name", name, "--cluster", _cluster, "--database", postgres.Server.Connection, "--probe-timeout", $"{ProbeSeconds}", "--devices", "0");
        node.ErrorDataReceived += (_, line) => { if (line.Data is not null) _told.Enqueue($"{name}: {line.Data}"); };
        node.BeginErrorReadLine();
        Assert.True(await node.StandardOutput.ReadLineAsync().WaitAsync(Patience) is not null, string.Join('\n', _told.TakeLast(50)));
        return node;
    }

    private async Task UntilDeadAsync(string name, TimeSpan patience)
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        for (long start = Stopwatch.GetTimestamp(); await StatusAsync(name) != SiloStatus.Dead; await look.WaitForNextTickAsync(CancellationToken.None))
            Assert.True(Stopwatch.GetElapsedTime(start) < patience, $"'{name}' is not dead after {patience}:\n{string.Join('\n', _told.TakeLast(50))}");
    }

    /// <summary>What the membership's table says of a silo.</summary>
    private async Task<SiloStatus> StatusAsync(string name)
    {
        await using var database = new NpgsqlConnection(postgres.Server.Connection);
        await database.OpenAsync();
        await using var read = new NpgsqlCommand("SELECT Status FROM OrleansMembershipTable WHERE DeploymentId = @cluster AND SiloName = @name", database)
        {
            Parameters = { new("cluster", _cluster), new("name", name) },
        };
        return (SiloStatus)(int)(await read.ExecuteScalarAsync())!;
    }
}
