using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using OrleansBlip.Protocol.Security;
using OrleansBlip.Tests.Certificates;

namespace OrleansBlip.Protocol.Tests.Security;

/// <summary>Real handshakes over loopback sockets, and folders that cannot be used.</summary>
public sealed class ClusterCredentialsTests : IDisposable
{
    private static readonly CertificateRole[] Silos = [CertificateRole.Silo], Everybody = [CertificateRole.Silo, CertificateRole.Client];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestAuthority _authority = new();
    private readonly ConcurrentBag<string> _refusals = [];

    [Fact]
    public async Task Handshake_TwoSilosOfOneAuthority_SpeakTls13AndKnowEachOther()
    {
        var (server, client) = await HandshakeAsync(Silo("a"), Silos, OptionsOf(Silo("b")));
        Assert.Equal((SslProtocols.Tls13, SslProtocols.Tls13), (server.Protocol, client.Protocol));
        Assert.Equal((new(CertificateRole.Silo, "b"), new(CertificateRole.Silo, "a")), (server.Peer, client.Peer));
        Assert.Empty(_refusals);
    }

    [Fact]
    public async Task Handshake_ClientWhereClientsMayCome_IsLetIn()
    {
        var (server, _) = await HandshakeAsync(Silo("a"), Everybody, OptionsOf(Client("c")));
        Assert.Equal(new CertificateIdentity(CertificateRole.Client, "c"), server.Peer);
    }

    [Fact]
    public Task Handshake_ClientWhereSilosMayCome_IsRefused() =>
        AssertRefusedAsync("its certificate is for orleansblip:client/c, which is no Silo", Silo("a"), OptionsOf(Client("c")));

    [Fact]
    public Task Handshake_NobodysCertificate_IsRefused() =>
        AssertRefusedAsync("it shows no certificate", Silo("a"), new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true });

    [Fact]
    public async Task Handshake_SiloOfAnotherAuthority_IsRefusedByEitherEnd()
    {
        using var other = new TestAuthority();
        string stranger = other.Folder(CertificateRole.Silo, "s");
        await AssertRefusedAsync("'CN=s', is not signed by the cluster's authority", Silo("a"), Unchecked(stranger));
        await AssertRefusedAsync("'CN=s', is not signed by the cluster's authority", ClusterCredentials.Load(stranger), OptionsOf(Silo("a")));
    }

    [Fact]
    public Task Handshake_CertificateThatHasExpired_IsRefused() =>
        AssertRefusedAsync("is not valid now, but from", Silo("a"), Unchecked(_authority.Folder(CertificateRole.Silo, "old", isExpired: true)));

    [Fact]
    public async Task Handshake_OlderTlsThan13_IsRefused()
    {
        var options = OptionsOf(Silo("b"));
        options.EnabledSslProtocols = SslProtocols.Tls12;
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(Silo("a"), Silos, options));
    }

    [Fact]
    public async Task Handshake_SiloThatIsForOtherAddresses_IsRefusedByWhoeverCallsIt()
    {
        var here = ClusterCredentials.Load(_authority.Folder(CertificateRole.Silo, "here", false, IPAddress.Loopback, IPAddress.Parse("10.0.0.1")));
        await HandshakeAsync(here, Silos, OptionsOf(Silo("b")));
        var elsewhere = ClusterCredentials.Load(_authority.Folder(CertificateRole.Silo, "elsewhere", false, IPAddress.Parse("10.0.0.1")));
        await AssertRefusedAsync("is not for the address 127.0.0.1", elsewhere, OptionsOf(Silo("b")));
    }

    [Fact]
    public async Task Handshake_AfterFilesWereReplaced_ShowsTheNewCertificate()
    {
        string folder = _authority.Folder(CertificateRole.Silo, "first");
        var credentials = ClusterCredentials.Load(folder);
        _authority.Write(folder, _authority.Issue(CertificateRole.Silo, "second"));
        var (_, client) = await HandshakeAsync(credentials, Silos, OptionsOf(Silo("b")));
        Assert.Equal("second", client.Peer?.Name);
        Assert.Equal("second", credentials.Identity.Name);
    }

    [Fact]
    public async Task Handshake_WhileFilesAreBeingReplaced_ShowsTheOldCertificate()
    {
        string folder = _authority.Folder(CertificateRole.Silo, "first");
        var credentials = ClusterCredentials.Load(folder);
        File.WriteAllText(Path.Combine(folder, "tls.crt"), _authority.Issue(CertificateRole.Silo, "second").Certificate);
        var (_, client) = await HandshakeAsync(credentials, Silos, OptionsOf(Silo("b")));
        Assert.Equal("first", client.Peer?.Name);
        Assert.Contains("is not the key of", credentials.RenewalProblem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ca.crt", null, "ca.crt' is missing")]
    [InlineData("tls.crt", null, "tls.crt' is missing")]
    [InlineData("tls.key", null, "tls.key' is missing")]
    [InlineData("ca.crt", "nonsense", "ca.crt' holds no certificate in PEM")]
    [InlineData("tls.crt", "nonsense", "tls.crt' holds no certificate in PEM")]
    [InlineData("tls.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds something else")]
    [InlineData("tls.key", "nonsense", "is not the key of")]
    public void Load_FolderWithAWrongFile_NamesIt(string file, string? content, string expected)
    {
        string folder = _authority.Folder(CertificateRole.Silo, "a"), path = Path.Combine(folder, file);
        if (content is null) File.Delete(path);
        else File.WriteAllText(path, content);
        AssertNotLoaded(expected, folder);
    }

    [Fact]
    public void Load_CertificateThatNobodyWouldAccept_SaysWhy()
    {
        using var other = new TestAuthority();
        string folder = _authority.Folder(CertificateRole.Silo, "a");
        File.WriteAllText(Path.Combine(folder, "ca.crt"), other.Certificate);
        AssertNotLoaded("is not signed by the cluster's authority", folder);
        AssertNotLoaded("is not valid now", _authority.Folder(CertificateRole.Silo, "old", isExpired: true));
    }

    [Fact, SupportedOSPlatform("linux")]
    public void Load_KeyThatEverybodyCanRead_IsRefused()
    {
        string folder = _authority.Folder(CertificateRole.Silo, "a");
        File.SetUnixFileMode(Path.Combine(folder, "tls.key"), UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        AssertNotLoaded("chmod 600", folder);
        // A mounted secret belongs to root, and its readers to a group.
        File.SetUnixFileMode(Path.Combine(folder, "tls.key"), UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Equal("a", ClusterCredentials.Load(folder).Identity.Name);
    }

    public void Dispose() => _authority.Dispose();

    private ClusterCredentials Silo(string name) => ClusterCredentials.Load(_authority.Folder(CertificateRole.Silo, name));

    private ClusterCredentials Client(string name) => ClusterCredentials.Load(_authority.Folder(CertificateRole.Client, name));

    private SslClientAuthenticationOptions OptionsOf(ClusterCredentials credentials) => credentials.ClientOptions(IPAddress.Loopback, _refusals.Add);

    /// <summary>Shows what is in a folder, and believes everybody.</summary>
    private static SslClientAuthenticationOptions Unchecked(string folder)
    {
        var certificate = X509Certificate2.CreateFromPemFile(Path.Combine(folder, "tls.crt"), Path.Combine(folder, "tls.key"));
        return new() { ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true), RemoteCertificateValidationCallback = (_, _, _, _) => true };
    }

    private async Task AssertRefusedAsync(string reason, ClusterCredentials server, SslClientAuthenticationOptions client)
    {
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(server, Silos, client));
        Assert.Contains(_refusals, refusal => refusal.Contains(reason, StringComparison.Ordinal));
        _refusals.Clear();
    }

    private static void AssertNotLoaded(string expected, string folder)
    {
        string message = Assert.Throws<CredentialsException>(() => ClusterCredentials.Load(folder)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    /// <summary>Connects, and sends a byte each way: only then does a client of TLS 1.3 know that it was let in.</summary>
    private async Task<((SslProtocols Protocol, CertificateIdentity? Peer) Server, (SslProtocols Protocol, CertificateIdentity? Peer) Client)> HandshakeAsync(
        ClusterCredentials server, IReadOnlyList<CertificateRole> roles, SslClientAuthenticationOptions client)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var dialling = new TcpClient();
        await dialling.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var accepted = await listener.AcceptTcpClientAsync();
        await using SslStream inbound = new(accepted.GetStream()), outbound = new(dialling.GetStream());
        var accepting = Run(accepted, inbound, inbound.AuthenticateAsServerAsync(server.ServerOptions(roles, _refusals.Add)));
        var connecting = Run(dialling, outbound, outbound.AuthenticateAsClientAsync(client));
        await Task.WhenAll(accepting, connecting).WaitAsync(Patience);
        return (Of(inbound), Of(outbound));

        static async Task Run(TcpClient socket, SslStream stream, Task handshake)
        {
            try
            {
                await handshake;
                await stream.WriteAsync(new byte[] { 1 });
                await stream.ReadExactlyAsync(new byte[1]);
            }
            catch
            {
                // Whoever gives up hangs up, or the other end would wait for ever.
                socket.Close();
                throw;
            }
        }

        static (SslProtocols, CertificateIdentity?) Of(SslStream stream) => (stream.SslProtocol, CertificateIdentity.Of((X509Certificate2)stream.RemoteCertificate!));
    }
}
