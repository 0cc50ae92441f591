using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace OrleansBlip.Chaos.Nodes;

/// <summary>
/// Has all that nodes send each other come 75±50 ms later, in its order: the kernel leads their new connections to a proxy, which asks it where they were to go. (Kernels that can delay
/// packets themselves are rare in containers.)
/// </summary>
internal sealed class DelayedLinks : IAsyncDisposable
{
    private const int SolIp = 0, OriginalDestination = 80, AddressSize = 16, ChunkSize = 64 << 10, ChunksMax = 64;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private Task _accepting = Task.CompletedTask;
    private int _connections;

    /// <summary>Connections that were led here so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Delays connections that are made from now on, but those to the database.</summary>
    public static async Task<DelayedLinks> OpenAsync(int databasePort)
    {
        var links = new DelayedLinks();
        links._listener.Start();
        links._accepting = links.AcceptAsync();
        await Network.RedirectAsync(((IPEndPoint)links._listener.LocalEndpoint).Port, databasePort);
        return links;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Network.EndRedirectAsync();
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> links = [];
        try
        {
            while (true) links.Add(CarryAsync(await _listener.AcceptSocketAsync(_end.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(links);
        }
    }

    private async Task CarryAsync(Socket caller)
    {
        int number = Interlocked.Increment(ref _connections);
        using (caller)
        using (var called = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            try
            {
                caller.NoDelay = called.NoDelay = true;
                await called.ConnectAsync(DestinationOf(caller), _end.Token);
                await Task.WhenAll(CarryAsync(caller, called, new Random(number)), CarryAsync(called, caller, new Random(-number)));
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                // One end is gone, and with it the connection.
                caller.LingerState = called.LingerState = new LingerOption(true, 0);
            }
        }
    }

    private async Task CarryAsync(Socket from, Socket to, Random random)
    {
        var chunks = Channel.CreateBounded<(long Due, byte[] Bytes)>(ChunksMax);
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        var sending = SendAsync();
        try
        {
            byte[] buffer = new byte[ChunkSize];
            for (long due = 0; await from.ReceiveAsync(buffer, broken.Token) is > 0 and var count;)
            {
                due = Math.Max(due, Environment.TickCount64 + random.Next(25, 126));
                await chunks.Writer.WriteAsync((due, buffer[..count]), broken.Token);
            }
        }
        finally
        {
            chunks.Writer.Complete();
            await sending;
        }

        async Task SendAsync()
        {
            try
            {
                await foreach (var (due, bytes) in chunks.Reader.ReadAllAsync(_end.Token))
                {
                    int left = (int)(due - Environment.TickCount64);
                    if (left > 0) await Task.Delay(left, _end.Token);
                    for (int sent = 0; sent < bytes.Length;) sent += await to.SendAsync(bytes.AsMemory(sent), _end.Token);
                }
                to.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                await broken.CancelAsync();
                throw;
            }
        }
    }

    private static IPEndPoint DestinationOf(Socket caller)
    {
        // A sockaddr_in: the family, then port and address as they travel.
        byte[] address = new byte[AddressSize];
        caller.GetRawSocketOption(SolIp, OriginalDestination, address);
        return new IPEndPoint(new IPAddress(address.AsSpan(4, 4)), BinaryPrimitives.ReadUInt16BigEndian(address.AsSpan(2)));
    }
}
