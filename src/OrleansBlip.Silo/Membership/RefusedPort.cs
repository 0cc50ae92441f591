using System.Net;
using System.Net.Sockets;

namespace OrleansBlip.Silo.Membership;

/// <summary>A silo listens for as long as its process lives; a port that cannot be reached does not refuse.</summary>
internal static class RefusedPort
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Whether a silo's port refuses a connection; false where it takes it, or nothing answers within a second.</summary>
    public static async Task<bool> IsAtAsync(IPEndPoint silo, TimeProvider time)
    {
        using var socket = new Socket(silo.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var timeout = new CancellationTokenSource(ConnectTimeout, time);
        try
        {
            await socket.ConnectAsync(silo, timeout.Token);
            return false;
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
