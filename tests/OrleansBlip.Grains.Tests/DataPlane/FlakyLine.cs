using System.Net;
using System.Net.Sockets;

namespace OrleansBlip.Grains.Tests.DataPlane;

/// <summary>A line between a caller and a port that may be cut or change what it carries.</summary>
/// <param name="target">The port.</param>
/// <param name="upward">Sees each piece on its way to the port, with the connection's number from 0 and the piece's place; false cuts the line.</param>
/// <param name="downward">The same on the way back.</param>
internal sealed class FlakyLine(IPEndPoint target, FlakyLine.Carry? upward = null, FlakyLine.Carry? downward = null) : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Task> _lines = [];
    private readonly CancellationTokenSource _closing = new();
    private Task _accepting = Task.CompletedTask;
    private int _connections;

    /// <summary>Carries a piece.</summary>
    public delegate bool Carry(int connection, long place, Span<byte> piece);

    /// <summary>Connections so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Opens its near end.</summary>
    /// <returns>Its port.</returns>
    public int Open()
    {
        _listener.Start();
        _accepting = AcceptAsync();
        return ((IPEndPoint)_listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_lines);
        _closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptTcpClientAsync(_closing.Token);
                _lines.Add(ConnectAsync(near, Interlocked.Increment(ref _connections) - 1));
            }
        }
        catch (Exception over) when (over is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ConnectAsync(TcpClient near, int connection)
    {
        using (near)
        using (var far = new TcpClient())
        {
            await far.ConnectAsync(target);
            await Task.WhenAny(CopyAsync(near, far, connection, upward), CopyAsync(far, near, connection, downward));
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, int connection, Carry? carry)
    {
        try
        {
            byte[] piece = new byte[4096];
            for (long place = 0; ;)
            {
                int read = await from.GetStream().ReadAsync(piece, _closing.Token);
                if (read == 0 || carry?.Invoke(connection, place, piece.AsSpan(0, read)) == false) return;
                await to.GetStream().WriteAsync(piece.AsMemory(0, read), _closing.Token);
                place += read;
            }
        }
        catch (Exception over) when (over is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // One of its ends has closed.
        }
    }
}
