using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OrleansBlip.Protocol.Security;

/// <summary>TLS in which both ends show their certificates, as a layer of Orleans' connections: nothing goes over one before that, and nothing without it.</summary>
public static partial class MutualTls
{
    /// <summary>How long the other end may take to show its certificate: whoever keeps silent shall not keep a connection.</summary>
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Four TLS records: messages are a few hundred bytes, or blocks of megabytes.</summary>
    private const int BufferBytes = 64 * 1024;

    /// <summary>Lets in those who show a certificate of one of these roles.</summary>
    public static void AcceptMutualTls(this IConnectionBuilder connections, ClusterCredentials credentials, params IReadOnlyList<CertificateRole> roles) =>
        connections.Secure((stream, _, refused, cancellation) => stream.AuthenticateAsServerAsync(credentials.ServerOptions(roles, refused), cancellation));

    /// <summary>Connects to silos, and to those alone who show a silo's certificate.</summary>
    public static void ConnectByMutualTls(this IConnectionBuilder connections, ClusterCredentials credentials) => connections.Secure(
        (stream, context, refused, cancellation) => stream.AuthenticateAsClientAsync(credentials.ClientOptions((context.RemoteEndPoint as IPEndPoint)?.Address, refused), cancellation));

    private delegate Task Handshake(SslStream stream, ConnectionContext context, Action<string> refused, CancellationToken cancellation);

    private static void Secure(this IConnectionBuilder connections, Handshake handshake)
    {
        var logger = connections.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(MutualTls).FullName!);
        connections.Use(next => async context =>
        {
            var plain = context.Transport;
            await using var stream = new SslStream(new DuplexPipeStream(plain));
            await ShakeHandsAsync(stream, context, handshake, logger);
            context.Transport = new TlsTransport(stream);
            try
            {
                await next(context);
            }
            finally
            {
                context.Transport = plain;
            }
        });
    }

    private static async Task ShakeHandsAsync(SslStream stream, ConnectionContext context, Handshake handshake, ILogger logger)
    {
        string? reason = null;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.ConnectionClosed);
        patience.CancelAfter(HandshakeTimeout);
        try
        {
            await handshake(stream, context, problem => reason = problem, patience.Token);
        }
        catch (Exception failure) when (failure is AuthenticationException or IOException or OperationCanceledException or ConnectionAbortedException)
        {
            reason ??= failure is OperationCanceledException ? $"it shows no certificate within {HandshakeTimeout.TotalSeconds} s" : $"it speaks no TLS that is accepted here, or hangs up: {failure.Message.TrimEnd('.')}";
            LogRefusal(logger, context.RemoteEndPoint, reason);
            throw new PeerRefusedException($"No connection with {context.RemoteEndPoint}: {reason}.", failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No connection with {Peer}: {Reason}.")]
    private static partial void LogRefusal(ILogger logger, EndPoint? peer, string reason);

    private sealed class TlsTransport(SslStream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: BufferBytes, leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: BufferBytes, leaveOpen: true));
    }
}
