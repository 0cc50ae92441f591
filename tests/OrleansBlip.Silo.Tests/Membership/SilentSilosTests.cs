using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Silo.Membership;
using OrleansBlip.Silo.Tests.Storage;
using OrleansBlip.Silo.Tests.Training;

namespace OrleansBlip.Silo.Tests.Membership;

public sealed class SilentSilosTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const int ProbeSeconds = 2;

    private readonly string _cluster = Guid.NewGuid().ToString("N");

    [PostgresFact]
    public async Task Silo_ThatStartsWhenAnotherHasJustDied_AsksNobodyWhoIsDead()
    {
        using (var other = NodeProcess.Start("--name", "a", "--cluster", _cluster, "--database", postgres.Server.Connection, "--probe-timeout", $"{ProbeSeconds}", "--devices", "0"))
        {
            Assert.NotNull(await other.StandardOutput.ReadLineAsync());
            other.Kill();
            await other.WaitForExitAsync();
        }
        using var log = new TestLog("Orleans");
        await using var silo = await BlipSilo.StartAsync(
            new BlipSiloOptions { Name = "b", ClusterId = _cluster, Database = postgres.Server.Connection, ProbeTimeout = TimeSpan.FromSeconds(ProbeSeconds) },
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
