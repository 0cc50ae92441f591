using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using OrleansBlip.Grains.Training;
using OrleansBlip.Protocol.Security;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>Opens connections to other nodes' data planes.</summary>
/// <param name="options">Patience.</param>
/// <param name="credentials">The cluster's certificates; null for connections without TLS.</param>
/// <param name="instruments">Counts bytes.</param>
/// <param name="time">The clock.</param>
internal sealed class StreamConnector(DataPlaneOptions options, ClusterCredentials? credentials, TrainingInstruments instruments, TimeProvider time)
{
    /// <summary>A connection that is let in by <paramref name="ticket"/>.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public async Task<BlockStream> ConnectAsync(StreamTicket ticket, CancellationToken cancellation)
    {
        if (!IPAddress.TryParse(ticket.Address, out var address)) throw new IOException($"'{ticket.Address}' is no IP address.");
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            using var patience = new CancellationTokenSource(options.Silence, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, patience.Token);
            await socket.ConnectAsync(address, ticket.Port, either.Token);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (credentials is not null)
            {
                var secure = new SslStream(stream);
                stream = secure;
                await secure.AuthenticateAsClientAsync(credentials.ClientOptions(address), either.Token);
            }
            var blocks = new BlockStream(stream, stream, time, options.WritePatience, instruments.CountBlockBytes);
            await blocks.WriteFrameAsync(FrameKind.Hello, new HelloHeader { Ticket = ticket.Secret }, either.Token);
            return blocks;
        }
        catch (Exception failure)
        {
            if (stream is not null) await stream.DisposeAsync();
            else socket.Dispose();
            if (cancellation.IsCancellationRequested || failure is IOException) throw;
            throw new IOException($"No connection for blocks to {address}:{ticket.Port}: {failure.Message}", failure);
        }
    }
}
