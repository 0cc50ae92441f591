using Microsoft.Extensions.DependencyInjection;

namespace OrleansBlip.Silo;

/// <summary>Several nodes in one process, on one cluster.</summary>
public sealed class BlipCluster : IAsyncDisposable
{
    private readonly List<BlipSilo> _silos = [];
    private readonly BlipSiloOptions _options;
    private readonly Action<IServiceCollection> _configure;

    private BlipCluster(BlipSiloOptions options, Action<IServiceCollection> configure)
    {
        _options = options;
        _configure = configure;
    }

    /// <summary>The nodes; the first keeps the membership and stays to the end.</summary>
    public IReadOnlyList<BlipSilo> Silos => _silos;

    /// <summary>A client within the first node.</summary>
    public IClusterClient Client => _silos[0].Client;

    /// <summary>Starts <paramref name="nodes"/> nodes.</summary>
    /// <param name="nodes">How many, at least 1; they are named node-1 and so on.</param>
    /// <param name="options">How each runs; its name and ports are chosen here.</param>
    /// <param name="configure">As for <see cref="BlipSilo.StartAsync"/>, for each node.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<BlipCluster> StartAsync(int nodes, BlipSiloOptions options, Action<IServiceCollection> configure, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nodes, 1);
        var cluster = new BlipCluster(options, configure);
        try
        {
            for (int node = 0; node < nodes; node++) await cluster.AddAsync(cancellationToken);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one more node.</summary>
    public async Task<BlipSilo> AddAsync(CancellationToken cancellationToken = default)
    {
        var options = _options with { Name = $"node-{_silos.Count + 1}", SiloPort = 0, GatewayPort = 0, Primary = _silos.FirstOrDefault()?.Endpoint };
        var silo = await BlipSilo.StartAsync(options, _configure, cancellationToken);
        _silos.Add(silo);
        return silo;
    }

    /// <summary>Stops the nodes, the first one last.</summary>
    public async ValueTask DisposeAsync()
    {
        for (int node = _silos.Count - 1; node >= 0; node--) await _silos[node].DisposeAsync();
        _silos.Clear();
    }
}
