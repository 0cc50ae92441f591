using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using OrleansBlip.Protocol.Security;

namespace OrleansBlip.Silo;

/// <summary>Certificates of a node: without them it is reached from its own machine alone.</summary>
internal static class SiloCertificates
{
    /// <summary>Reads those that a node was told of; null for none.</summary>
    /// <exception cref="CredentialsException">They cannot be used.</exception>
    /// <exception cref="ArgumentException">The node would be open to whoever reaches its address.</exception>
    public static ClusterCredentials? Load(BlipSiloOptions options)
    {
        if (options.Address.Equals(IPAddress.Any) || options.Address.Equals(IPAddress.IPv6Any))
            throw new ArgumentException($"The address of a node is what others reach it at, not {options.Address}: give one of this machine's.");
        if (options.Certificates is not { } folder)
        {
            return IPAddress.IsLoopback(options.Address) ? null : throw new ArgumentException(
                $"At {options.Address} anybody in the network could use the node: give certificates too ('blip certs create' makes them), or stay at 127.0.0.1.");
        }
        var credentials = ClusterCredentials.Load(folder);
        return credentials.Identity.Role == CertificateRole.Silo ? credentials : throw new CredentialsException(
            $"The certificate in '{folder}' is for {credentials.Identity}: a node needs one for a silo.");
    }

    /// <summary>Has all connections of a silo made by mutual TLS: silos among themselves, clients with silos.</summary>
    public static void Use(ISiloBuilder silo, ClusterCredentials credentials)
    {
        silo.Services.AddSingleton(credentials).AddHostedService<CertificateWatch>();
        silo.Configure<SiloConnectionOptions>(connections =>
        {
            connections.ConfigureSiloInboundConnection(builder => builder.AcceptMutualTls(credentials, CertificateRole.Silo));
            connections.ConfigureSiloOutboundConnection(builder => builder.ConnectByMutualTls(credentials));
            connections.ConfigureGatewayInboundConnection(builder => builder.AcceptMutualTls(credentials, CertificateRole.Silo, CertificateRole.Client));
        });
    }
}
