using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansBlip.Grains.Training;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Security;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>The port of a node on which blocks come and go. Kestrel listens, limits and speaks TLS; what is said on a connection is <see cref="BlockConnection"/>'s.</summary>
/// <param name="find">The shards held here.</param>
/// <param name="options">Port and patience.</param>
/// <param name="credentials">The cluster's certificates; null for connections without TLS.</param>
/// <param name="instruments">Counts bytes and refusals.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">Logs refusals.</param>
internal sealed partial class DataPlaneServer(
    Func<RunId, ShardIndex, IBlockShard?> find, DataPlaneOptions options, ClusterCredentials? credentials, TrainingInstruments instruments, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly TicketDesk _desk = new(time);
    private readonly ILogger _logger = loggers.CreateLogger<DataPlaneServer>();
    private WebApplication? _kestrel;

    /// <summary>Where other nodes reach it.</summary>
    public IPEndPoint? Endpoint { get; private set; }

    /// <summary>Listens.</summary>
    /// <param name="listen">The address to listen at.</param>
    /// <param name="advertised">The address that others are told.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    public async Task StartAsync(IPAddress listen, IPAddress advertised, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers).AddSingleton<IHostLifetime, NoLifetime>().AddSingleton<IMemoryPoolFactory<byte>, LargePieces>();
        builder.WebHost.UseKestrelCore().UseSockets(Configure).ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxConcurrentConnections = options.ConnectionsMax;
            kestrel.Listen(listen, options.Port, Configure);
        });
        _kestrel = builder.Build();
        await _kestrel.StartAsync(cancellation);
        string bound = _kestrel.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Endpoint = new IPEndPoint(advertised, new Uri(bound).Port);
    }

    /// <summary>A ticket for one connection to a shard held here; null where it holds nothing.</summary>
    public StreamTicket? Admit(RunId run, ShardIndex shard)
    {
        if (find(run, shard)?.Bounds is not { } bounds || Endpoint is not { } endpoint) return null;
        var ticket = _desk.Issue(new TicketDesk.Admission(run, shard, bounds.HeaderBytesMax, bounds.BodyBytesMax));
        return new StreamTicket { Secret = ticket, Address = endpoint.Address.ToString(), Port = endpoint.Port, HeaderBytesMax = bounds.HeaderBytesMax, BodyBytesMax = bounds.BodyBytesMax };
    }

    /// <summary>Listens no more and ends all connections: at once where <paramref name="cancellation"/> is cancelled.</summary>
    public Task StopAsync(CancellationToken cancellation) => _kestrel?.StopAsync(cancellation) ?? Task.CompletedTask;

    /// <summary>Ends all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_kestrel is null) return;
        await _kestrel.StopAsync(new CancellationToken(canceled: true));
        await _kestrel.DisposeAsync();
    }

    private static void Configure(SocketTransportOptions sockets)
    {
        (sockets.MaxReadBufferSize, sockets.MaxWriteBufferSize) = (LargePieces.Bytes * 4, LargePieces.Bytes * 4);
        // Whoever has received a piece copies it to its place at once: another thread would have to be woken for each. What runs there never blocks.
        sockets.UnsafePreferInlineScheduling = true;
    }

    private void Configure(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1; // not spoken: Kestrel asks for one
        if (credentials is not null)
        {
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(credentials.ServerOptions([CertificateRole.Silo], _ => instruments.CountRefusal("certificate"))),
                HandshakeTimeout = options.Silence,
            });
        }
        listen.Run(ServeAsync);
    }

    private async Task ServeAsync(ConnectionContext connection)
    {
        var stream = new BlockStream(connection.Transport.Input.AsStream(), connection.Transport.Output.AsStream(), time, options.WritePatience, instruments.CountBlockBytes);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed, _kestrel!.Lifetime.ApplicationStopping);
        try
        {
            var admission = await BlockConnection.AdmitAsync(stream, _desk, options.Silence, stop.Token);
            await new BlockConnection(stream, admission, () => find(admission.Run, admission.Shard), options, time).ServeAsync(stop.Token);
        }
        catch (FrameException refused)
        {
            instruments.CountRefusal(refused.Reason);
            LogRefused(_logger, connection.RemoteEndPoint, refused.Reason);
            connection.Abort();
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException or InvalidOperationException or ObjectDisposedException)
        {
            // The other end has gone, or this node is going: whoever wants something calls again.
            LogBroken(_logger, connection.RemoteEndPoint, broken.Message);
            connection.Abort();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A connection for blocks from {Peer} is refused: {Reason}.")]
    private static partial void LogRefused(ILogger logger, EndPoint? peer, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A connection for blocks from {Peer} is broken: {Problem}")]
    private static partial void LogBroken(ILogger logger, EndPoint? peer, string problem);

    /// <summary>The silo decides when this ends, not the process's signals.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
