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
    /// <param name="connections">The connections.</param>
    /// <param name="credentials">What this end shows, and whom it trusts.</param>
    /// <param name="refused">Told of each silo that is refused. Whoever asked for the connection may hear no more than that it has ended.</param>
    public static void ConnectByMutualTls(this IConnectionBuilder connections, ClusterCredentials credentials, Action<PeerRefusedException>? refused = null) => connections.Secure(
        (stream, context, problem, cancellation) => stream.AuthenticateAsClientAsync(credentials.ClientOptions((context.RemoteEndPoint as IPEndPoint)?.Address, problem), cancellation), refused);

    private delegate Task Handshake(SslStream stream, ConnectionContext context, Action<string> refused, CancellationToken cancellation);

    private static void Secure(this IConnectionBuilder connections, Handshake handshake, Action<PeerRefusedException>? refused = null)
    {
        var logger = connections.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(MutualTls).FullName!);
        connections.Use(next => async context =>
        {
            var plain = context.Transport;
            await using var stream = new SslStream(new DuplexPipeStream(plain));
            await ShakeHandsAsync(stream, context, handshake, refused, logger);
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

    private static async Task ShakeHandsAsync(SslStream stream, ConnectionContext context, Handshake handshake, Action<PeerRefusedException>? refused, ILogger logger)
    {
        string? reason = null;
        // A connection that ends is read to its end, so that it shows whether this end had done its part by then.
        using var patience = new CancellationTokenSource(HandshakeTimeout);
        try
        {
            await handshake(stream, context, problem => reason = problem, patience.Token);
        }
        catch (Exception failure) when (failure is AuthenticationException or IOException or OperationCanceledException or ConnectionAbortedException)
        {
            reason ??= failure is OperationCanceledException ? $"it shows no certificate within {HandshakeTimeout.TotalSeconds} s" : $"it speaks no TLS that is accepted here, or hangs up: {failure.Message.TrimEnd('.')}";
            LogRefusal(logger, context.RemoteEndPoint, reason);
            var refusal = new PeerRefusedException($"No connection with {context.RemoteEndPoint}: {reason}.", failure);
            refused?.Invoke(refusal);
            throw refusal;
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
