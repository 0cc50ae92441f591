using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using OrleansBlip.Grains.Training;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Security;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>
/// The port of a node on which blocks come and go; what is said on a connection is <see cref="BlockConnection"/>'s. Plain sockets, since a web server's pipes would copy each block once more
/// on its way into the shard's memory.
/// </summary>
/// <param name="find">The shards held here.</param>
/// <param name="options">Port and patience.</param>
/// <param name="credentials">The cluster's certificates; null for connections without TLS.</param>
/// <param name="instruments">Counts bytes and refusals.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">Logs refusals.</param>
internal sealed partial class DataPlaneServer(
    Func<RunId, ShardIndex, IBlockShard?> find, DataPlaneOptions options, ClusterCredentials? credentials, TrainingInstruments instruments, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    /// <summary>Connections that wait to be accepted.</summary>
    private const int Backlog = 512;

    /// <summary>Where none can be accepted, as when the process has no handle left, it is tried again after this time.</summary>
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly TicketDesk _desk = new(time);
    private readonly ILogger _logger = loggers.CreateLogger<DataPlaneServer>();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Socket, Task> _connections = new();
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;

    /// <summary>Where other nodes reach it.</summary>
    public IPEndPoint? Endpoint { get; private set; }

    /// <summary>Listens.</summary>
    /// <param name="listen">The address to listen at.</param>
    /// <param name="advertised">The address that others are told.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    public void Start(IPAddress listen, IPAddress advertised)
    {
        _listener = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (listen.Equals(IPAddress.IPv6Any)) _listener.DualMode = true;
            _listener.Bind(new IPEndPoint(listen, options.Port));
            _listener.Listen(Backlog);
        }
        catch (SocketException failure)
        {
            throw new IOException($"No port for blocks at {listen}:{options.Port}: {failure.Message}. Choose another one, or 0 for any.", failure);
        }
        Endpoint = new IPEndPoint(advertised, ((IPEndPoint)_listener.LocalEndPoint!).Port);
        // Not in the context of whoever starts it: it goes on until the end.
        _accepting = Task.Run(() => AcceptAsync(_listener));
    }

    /// <summary>A ticket for one connection to a shard held here; null where it holds nothing.</summary>
    public StreamTicket? Admit(RunId run, ShardIndex shard)
    {
        if (find(run, shard)?.Bounds is not { } bounds || Endpoint is not { } endpoint) return null;
        var ticket = _desk.Issue(new TicketDesk.Admission(run, shard, bounds.HeaderBytesMax, bounds.BodyBytesMax));
        return new StreamTicket { Secret = ticket, Address = endpoint.Address.ToString(), Port = endpoint.Port, HeaderBytesMax = bounds.HeaderBytesMax, BodyBytesMax = bounds.BodyBytesMax };
    }

    /// <summary>Listens no more and ends all connections; waits for that until <paramref name="cancellation"/> is cancelled.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        await _stopping.CancelAsync();
        _listener?.Dispose();
        await Task.WhenAll([_accepting, .. _connections.Values]).WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Ends all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _stopping.Dispose();
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptAsync(_stopping.Token);
                if (_connections.Count >= options.ConnectionsMax)
                {
                    socket.Dispose();
                    continue;
                }
                // Noted before it begins, since it strikes itself out at its end.
                var serving = new Task<Task>(() => ServeAsync(socket));
                _connections[socket] = serving.Unwrap();
                serving.Start(TaskScheduler.Default);
            }
            catch (SocketException failure)
            {
                LogNotAccepted(_logger, failure.Message);
                await Task.Delay(AcceptPause, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                // Asked to stop.
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        Stream? line = null;
        EndPoint? peer = null;
        try
        {
            // Whoever has gone already makes the first of these fail.
            (peer, socket.NoDelay) = (socket.RemoteEndPoint, true);
            line = new NetworkStream(socket, ownsSocket: true);
            if (credentials is not null) line = await SecureAsync(line, credentials);
            var stream = new BlockStream(line, line, time, options.WritePatience, instruments.CountBlockBytes);
            var admission = await BlockConnection.AdmitAsync(stream, _desk, options.Silence, _stopping.Token);
            await new BlockConnection(stream, admission, () => find(admission.Run, admission.Shard), options, time).ServeAsync(_stopping.Token);
        }
        catch (FrameException refused)
        {
            instruments.CountRefusal(refused.Reason);
            LogRefused(_logger, peer, refused.Reason);
        }
        catch (Exception broken) when (broken is IOException or SocketException or AuthenticationException or OperationCanceledException or InvalidOperationException or ObjectDisposedException)
        {
            // The other end has gone, or this node is going: whoever wants something calls again.
            LogBroken(_logger, peer, broken.Message);
        }
        finally
        {
            if (line is not null) await line.DisposeAsync();
            socket.Dispose();
            _connections.TryRemove(socket, out _);
        }
    }

    private async Task<SslStream> SecureAsync(Stream line, ClusterCredentials known)
    {
        var secure = new SslStream(line);
        using var patience = new CancellationTokenSource(options.Silence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, patience.Token);
        await secure.AuthenticateAsServerAsync(known.ServerOptions([CertificateRole.Silo], _ => instruments.CountRefusal("certificate")), either.Token);
        return secure;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A connection for blocks from {Peer} is refused: {Reason}.")]
    private static partial void LogRefused(ILogger logger, EndPoint? peer, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A connection for blocks from {Peer} is broken: {Problem}")]
    private static partial void LogBroken(ILogger logger, EndPoint? peer, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No connection for blocks can be accepted: {Problem}")]
    private static partial void LogNotAccepted(ILogger logger, string problem);
}
