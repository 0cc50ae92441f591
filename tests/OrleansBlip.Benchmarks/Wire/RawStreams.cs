using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace OrleansBlip.Benchmarks.Wire;

/// <summary>Plain TCP between two processes: what the machine's loopback can do.</summary>
internal static class RawStreams
{
    private const int PieceBytes = 1 << 18;

    /// <summary>Takes connections and forgets what comes on them.</summary>
    /// <returns>The port.</returns>
    public static int Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _ = AcceptAsync();
        return ((IPEndPoint)listener.LocalEndpoint).Port;

        async Task AcceptAsync()
        {
            while (true) _ = SwallowAsync(await listener.AcceptSocketAsync());
        }
    }

    /// <summary>Sends for a while.</summary>
    /// <returns>Bytes a second.</returns>
    public static async Task<double> SendAsync(int port, int streams, TimeSpan duration)
    {
        long start = Stopwatch.GetTimestamp();
        long[] bytes = await Task.WhenAll(Enumerable.Range(0, streams).Select(_ => Task.Run(() => SendOneAsync(port, start, duration))));
        return bytes.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<long> SendOneAsync(int port, long start, TimeSpan duration)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        // As large as the blocks: a small buffer would stay in the cache and flatter the line.
        byte[] block = new byte[WireBenchmark.BlockElements * sizeof(float)];
        long sent = 0;
        while (Stopwatch.GetElapsedTime(start) < duration)
        {
            for (int from = 0; from < block.Length; from += PieceBytes) await socket.SendAsync(block.AsMemory(from, PieceBytes), SocketFlags.None);
            sent += block.Length;
        }
        socket.Shutdown(SocketShutdown.Send);
        await socket.ReceiveAsync(new byte[1]); // the other end has read all of it
        return sent;
    }

    private static async Task SwallowAsync(Socket socket)
    {
        using (socket)
        {
            byte[] block = new byte[WireBenchmark.BlockElements * sizeof(float)];
            for (int at = 0; ;)
            {
                int read = await socket.ReceiveAsync(block.AsMemory(at, Math.Min(PieceBytes, block.Length - at)), SocketFlags.None);
                if (read == 0) return;
                at = (at + read) % block.Length;
            }
        }
    }
}
