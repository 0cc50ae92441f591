using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Silo.Membership;
using OrleansBlip.Silo.Tests.Storage;
using OrleansBlip.Silo.Tests.Training;

namespace OrleansBlip.Silo.Tests.Membership;

public sealed class SilentSilosTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const int ProbeSeconds = 2;

    private static readonly TimeSpan LongProbe = TimeSpan.FromSeconds(60);

    private readonly string _cluster = Guid.NewGuid().ToString("N");

    [PostgresFact]
    public async Task Silo_ThatStartsWhenAnotherHasJustDied_AsksNobodyWhoIsDead()
    {
        await KillOneAsync();
        await StartAndCheckAsync(TimeSpan.FromSeconds(ProbeSeconds));
    }

    [PostgresFact]
    public async Task Silo_ThatStartsWhenAnotherHasLongBeenSilent_WaitsNoLonger()
    {
        await KillOneAsync();
        await using (var database = new NpgsqlConnection(postgres.Server.Connection))
        {
            await database.OpenAsync();
            // Its own clock is wrong; the database's counts.
            await using var age = new NpgsqlCommand($"UPDATE OrleansMembershipTable SET HeardAt = now() - interval '1 hour', IAmAliveTime = now() WHERE DeploymentId = '{_cluster}'", database);
            Assert.Equal(1, await age.ExecuteNonQueryAsync());
        }
        await StartAndCheckAsync(LongProbe).WaitAsync(LongProbe);
    }

    private async Task KillOneAsync()
    {
        using var other = NodeProcess.Start("--name", "a", "--cluster", _cluster, "--database", postgres.Server.Connection, "--probe-timeout", $"{ProbeSeconds}", "--devices", "0");
        Assert.NotNull(await other.StandardOutput.ReadLineAsync());
        other.Kill();
        await other.WaitForExitAsync();
    }

    private async Task StartAndCheckAsync(TimeSpan probeTimeout)
    {
        using var log = new TestLog("Orleans");
        await using var silo = await BlipSilo.StartAsync(
            new BlipSiloOptions { Name = "b", ClusterId = _cluster, Database = postgres.Server.Connection, ProbeTimeout = probeTimeout },
            services => services.AddSingleton<ISlotComputerFactory>(new FakeModel("b", new FakeBehaviour())).AddLogging(logging => logging.AddProvider(log)));

        Assert.Contains(log.Lines, line => line.Contains(nameof(SilentSilos), StringComparison.Ordinal) && line.EndsWith("that it is alive: True ", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, line => line.Contains("ping responses", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Port_ThatIsListenedTo_DoesNotRefuse_AndDoesAfterwards()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var endpoint = (IPEndPoint)listener.LocalEndpoint;
        Assert.False(await RefusedPort.IsAtAsync(endpoint, TimeProvider.System));
        listener.Stop();
        Assert.True(await RefusedPort.IsAtAsync(endpoint, TimeProvider.System));
    }
}
