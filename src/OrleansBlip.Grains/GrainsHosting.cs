using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Grains.Nodes;
using OrleansBlip.Grains.Placement;
using OrleansBlip.Grains.Training;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Security;

namespace OrleansBlip.Grains;

/// <summary>What a silo needs to host the grains.</summary>
public static class GrainsHosting
{
    /// <summary>Adds pinned placement, the node's devices and its shards and trainers. An <c>ISlotComputerFactory</c> and grain storage named <see cref="BlipStorage.Name"/> are the host's to add.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="devices">The node's devices.</param>
    /// <param name="claim">Runs first on the thread of each device: claims its cores.</param>
    /// <param name="dataPlane">How blocks travel between nodes; with TLS where the host has added <see cref="ClusterCredentials"/>.</param>
    public static ISiloBuilder AddBlipGrains(this ISiloBuilder silo, DeviceOptions devices, Action<int>? claim = null, DataPlaneOptions? dataPlane = null)
    {
        silo.Services.AddPlacementDirector<PinnedPlacement, PinnedPlacementDirector>();
        silo.Services.TryAddSingleton(TimeProvider.System);
        // State is stored as it is sent, by member ids: a renamed property loses nothing.
        silo.Services.AddSingleton<IGrainStorageSerializer, OrleansGrainStorageSerializer>();
        silo.Services.AddSingleton(_ => new DevicePool(devices, claim));
        silo.Services.AddSingleton<TrainingInstruments>();
        silo.Services.AddSingleton<Delivery>();
        silo.Services.AddSingleton<NodeDirectory>();
        silo.Services.AddSingleton<TrainingHost>();
        AddDataPlane(silo.Services, dataPlane ?? new DataPlaneOptions());
        silo.Services.AddSingleton<InferenceHost>();
        return silo;
    }

    /// <summary>Where a silo that has started takes blocks; null before.</summary>
    public static IPEndPoint? BlockEndpoint(this IServiceProvider services) => services.GetRequiredService<DataPlaneServer>().Endpoint;

    /// <summary>Asks the runs that have something on a silo to go on without it.</summary>
    /// <param name="services">The silo's.</param>
    /// <param name="node">Its name.</param>
    /// <param name="patience">How long to ask.</param>
    /// <returns>Those that still count on it.</returns>
    public static Task<IReadOnlyCollection<RunId>> LeaveRunsAsync(this IServiceProvider services, NodeName node, TimeSpan patience) =>
        services.GetRequiredService<TrainingHost>().LeaveAsync(node, patience);

    private static void AddDataPlane(IServiceCollection services, DataPlaneOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(provider => new StreamConnector(
            options, provider.GetService<ClusterCredentials>(), provider.GetRequiredService<TrainingInstruments>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new ShardLinks(
            provider.GetRequiredService<IGrainFactory>(), provider.GetRequiredService<ILocalSiloDetails>(),
            // The host has the links: it is there once one of them is followed.
            (run, shard) => provider.GetRequiredService<TrainingHost>().FindShard(run, shard), provider.GetRequiredService<StreamConnector>(), options));
        services.AddSingleton(provider =>
        {
            var host = provider.GetRequiredService<TrainingHost>();
            return new DataPlaneServer(
                host.FindShard, options, provider.GetService<ClusterCredentials>(), provider.GetRequiredService<TrainingInstruments>(), provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILoggerFactory>());
        });
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, DataPlaneLifecycle>();
    }
}
