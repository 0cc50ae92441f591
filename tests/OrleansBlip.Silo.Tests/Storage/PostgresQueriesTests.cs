using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Messaging;
using Orleans.Runtime.MembershipService;
using Orleans.Storage;
using OrleansBlip.Grains;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Silo.Tests.Training;
using static OrleansBlip.Silo.Tests.Storage.SqliteStorageTests;

namespace OrleansBlip.Silo.Tests.Storage;

/// <summary>Which rows our SQL means, on a real PostgreSQL: of a version that is past none, of several with the same hashes one, of a cluster's silos those that clients can reach.</summary>
public sealed class PostgresQueriesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly DateTime Noon = new(2026, 1, 2, 12, 0, 0, DateTimeKind.Utc);

    [PostgresFact]
    public async Task Clear_WithAStaleVersion_IsRefusedAndLeavesTheState()
    {
        await using var silo = await StartAsync();
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>(BlipStorage.Name);
        var id = GrainId.Create("thing", "cleared");
        var (stale, newest) = (new GrainState<Note>(new("one")), new GrainState<Note>());
        await storage.WriteStateAsync("state", id, stale);
        await storage.ReadStateAsync("state", id, newest);
        newest.State = new("two");
        await storage.WriteStateAsync("state", id, newest);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("state", id, stale));
        var read = new GrainState<Note>();
        await storage.ReadStateAsync("state", id, read);
        Assert.Equal((new("two"), newest.ETag, true), (read.State, read.ETag, read.RecordExists));

        // Whoever knows the version clears, once; what was cleared has another version.
        await storage.ClearStateAsync("state", id, newest);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("state", id, read));
        await storage.ReadStateAsync("state", id, read);
        Assert.Equal(("3", false), (read.ETag, read.RecordExists));
    }

    /// <summary>All hashes are the same, so that the names alone tell states apart: of texts, of numbers, of numbers with a text, and of what the state is called.</summary>
    [PostgresTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task States_WhoseHashesCollide_AreKeptApart(bool deletes)
    {
        await using var silo = await StartAsync(services => services.Configure<AdoNetGrainStorageOptions>(
            BlipStorage.Name, storage => (storage.HashPicker, storage.DeleteStateOnClear) = (new StorageHasherPicker([new SameHash()]), deletes)));
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>(BlipStorage.Name);
        string[] ids = ["left", "right", "1", "2", "1+left", "1+right"], names = ["one", "other"];
        (string Name, GrainId Id)[] keys = [.. ids.SelectMany(id => names.Select(name => (name, GrainId.Create("thing", id))))];
        var written = new GrainState<Note>[keys.Length];
        for (int i = 0; i < keys.Length; i++) await storage.WriteStateAsync(keys[i].Name, keys[i].Id, written[i] = new(new($"{i}")));
        for (int i = 0; i < keys.Length; i++) Assert.Equal(($"{i}", "1"), await ReadAsync(i));

        written[0].State = new("again");
        await storage.WriteStateAsync(keys[0].Name, keys[0].Id, written[0]);
        for (int i = 1; i < keys.Length; i++) Assert.Equal(($"{i}", "1"), await ReadAsync(i));
        Assert.Equal(("again", "2"), await ReadAsync(0));
        for (int cleared = 0; cleared < keys.Length; cleared++)
        {
            await storage.ClearStateAsync(keys[cleared].Name, keys[cleared].Id, written[cleared]);
            Assert.Null((await ReadAsync(cleared)).Text);
            for (int i = cleared + 1; i < keys.Length; i++) Assert.Equal(($"{i}", "1"), await ReadAsync(i));
        }

        async Task<(string? Text, string? ETag)> ReadAsync(int i)
        {
            var read = new GrainState<Note>();
            await storage.ReadStateAsync(keys[i].Name, keys[i].Id, read);
            return (read.RecordExists ? read.State!.Text : null, read.ETag);
        }
    }

    [PostgresFact]
    public async Task Gateways_OfACluster_AreItsActiveSilosThatClientsCanReach()
    {
        // Nobody lives in this cluster who would look after its silos; one that lives is in another.
        await using var silo = await StartAsync();
        var cluster = Options.Create(new ClusterOptions { ClusterId = Guid.NewGuid().ToString("N"), ServiceId = "anything" });
        var table = new AdoNetClusteringTable(
            silo.Services, cluster, Options.Create(new AdoNetClusteringSiloOptions { Invariant = "Npgsql", ConnectionString = postgres.Server.Connection }), NullLogger<AdoNetClusteringTable>.Instance);
        await table.InitializeMembershipTableAsync(tryInitTableVersion: true);
        using var client = ClientOf(cluster.Value);
        var gateways = client.Services.GetRequiredService<IGatewayListProvider>();
        await gateways.InitializeGatewayListProvider();
        Assert.Empty(await gateways.GetGateways());

        var members = Enum.GetValues<SiloStatus>().Select((status, i) => Member(status, port: 100 + i, proxyPort: 30100 + i)).ToList();
        members.AddRange([Member(SiloStatus.Active, port: 200, proxyPort: 30200), Member(SiloStatus.Active, port: 201, proxyPort: 0)]);
        foreach (var member in members) Assert.True(await table.InsertRowAsync(member, (await table.ReadAllAsync()).Version.Next()));
        int[] expected = [.. members.Where(member => member.Status == SiloStatus.Active && member.ProxyPort > 0).Select(member => member.ProxyPort)];
        Assert.Equal(2, expected.Length);
        var found = (await gateways.GetGateways()).Select(uri => uri.ToGatewayAddress()!).ToArray();
        Assert.Equal(expected.Order(), found.Select(gateway => gateway.Endpoint.Port).Order());
        Assert.All(found, gateway => Assert.Equal(IPAddress.Loopback, gateway.Endpoint.Address));
    }

    private IHost ClientOf(ClusterOptions cluster)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster.ClusterId, cluster.ServiceId));
            client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", postgres.Server.Connection));
        });
        return builder.Build();
    }

    private Task<BlipSilo> StartAsync(Action<IServiceCollection>? configure = null) => BlipSilo.StartAsync(
        new BlipSiloOptions { ClusterId = Guid.NewGuid().ToString("N"), Database = postgres.Server.Connection },
        services =>
        {
            services.AddSingleton<ISlotComputerFactory>(new FakeModel("node-1", new FakeBehaviour()));
            configure?.Invoke(services);
        });

    private static MembershipEntry Member(SiloStatus status, int port, int proxyPort) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Loopback, port, 5),
        SiloName = $"silo-{port}",
        HostName = "here",
        Status = status,
        ProxyPort = proxyPort,
        StartTime = Noon,
        IAmAliveTime = Noon,
    };

    /// <summary>Gives everything the same hash.</summary>
    private sealed class SameHash : IHasher
    {
        public string Description => "the same for all";

        public int Hash(byte[] data) => 7;
    }
}
