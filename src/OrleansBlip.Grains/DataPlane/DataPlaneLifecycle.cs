using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>The data plane listens where the silo does, and before the silo takes calls.</summary>
internal sealed class DataPlaneLifecycle(DataPlaneServer server, ILocalSiloDetails silo, IOptions<EndpointOptions> endpoints) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(DataPlaneServer),
        ServiceLifecycleStage.RuntimeServices,
        _ =>
        {
            var advertised = silo.SiloAddress.Endpoint.Address;
            server.Start(endpoints.Value.SiloListeningEndpoint?.Address ?? advertised, advertised);
            return Task.CompletedTask;
        },
        server.StopAsync);
}
