using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansBlip.Client;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Security;
using OrleansBlip.Silo.Tests.Training;
using OrleansBlip.Tests.Certificates;

namespace OrleansBlip.Silo.Tests;

/// <summary>Silos with certificates, on real sockets: who is let in, and what the others are told.</summary>
public sealed class SiloCertificatesTests : IDisposable
{
    /// <summary>Orleans' own patience with a cluster that does not answer is three minutes: whoever is refused shall not wait for that.</summary>
    private static readonly TimeSpan Quickly = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestAuthority _authority = new();
    private readonly TestLog _log = new();
    private readonly string _cluster = Guid.NewGuid().ToString("N");

    [Fact]
    public async Task Connect_WithACertificateOfTheAuthority_ReachesEverySilo()
    {
        await using var first = await StartAsync("a", Folder("a"));
        await using var second = await StartAsync("b", Folder("b"), first.Endpoint);
        await using var client = await ConnectAsync(first, _authority.Folder(CertificateRole.Client, "c"));
        foreach (string name in new[] { "a", "b" }) Assert.Equal(new NodeName(name), (await client.Cluster.GetGrain<INode>(name).Describe().WaitAsync(Patience)).Name);
        Assert.DoesNotContain(_log.Lines, line => line.Contains("No connection", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Connect_WithoutACertificate_IsRefusedAndToldSo()
    {
        await using var silo = await StartAsync("a", Folder("a"));
        await AssertRefusedAsync("it wants a certificate, which this client does not show", silo, certificates: null);
        AssertLogged("it speaks no TLS that is accepted here");
    }

    [Fact]
    public async Task Connect_WithACertificateOfAnotherAuthority_IsRefusedAndToldSo()
    {
        using var other = new TestAuthority();
        await using var silo = await StartAsync("a", Folder("a"));
        string stranger = other.Folder(CertificateRole.Client, "s");
        await AssertRefusedAsync("'CN=a', is not signed by the cluster's authority", silo, stranger);
        // Nor is a stranger let in who trusts the silo.
        File.AppendAllText(Path.Combine(stranger, "ca.crt"), _authority.Certificate);
        await AssertRefusedAsync("for orleansblip:client/s, or it belongs to a cluster of another name", silo, stranger);
        AssertLogged("'CN=s', is not signed by the cluster's authority");
    }

    [Fact]
    public async Task Connect_ByTlsToASiloWithout_IsRefusedAndToldSo()
    {
        await using var silo = await StartAsync("a", certificates: null);
        await AssertRefusedAsync("it speaks no TLS that is accepted here, or hangs up", silo, _authority.Folder(CertificateRole.Client, "c"));
    }

    [Fact]
    public async Task Silo_WithAClientsCertificate_DoesNotStart()
    {
        var failure = await Assert.ThrowsAsync<CredentialsException>(() => StartAsync("a", _authority.Folder(CertificateRole.Client, "c")));
        Assert.Contains("is for orleansblip:client/c: a node needs one for a silo", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("its certificate is for orleansblip:client/c, which is no Silo", CertificateRole.Client, false, false)]
    [InlineData("its certificate, 'CN=c', is not signed by the cluster's authority", CertificateRole.Silo, true, false)]
    [InlineData("its certificate, 'CN=c', or its authority's is not valid now", CertificateRole.Silo, false, true)]
    public async Task SiloPort_ShownAWrongCertificate_HangsUpAndLogsIt(string reason, CertificateRole role, bool isStranger, bool isExpired)
    {
        using var other = new TestAuthority();
        await using var silo = await StartAsync("a", Folder("a"));
        string folder = (isStranger ? other : _authority).Folder(role, "c", isExpired);
        using var certificate = X509Certificate2.CreateFromPemFile(Path.Combine(folder, "tls.crt"), Path.Combine(folder, "tls.key"));
        using var socket = new TcpClient();
        await socket.ConnectAsync(silo.Endpoint);
        await using var stream = new SslStream(socket.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { ClientCertificates = [certificate], RemoteCertificateValidationCallback = (_, _, _, _) => true });
        // In TLS 1.3 a client has done its part before the other end has looked at its certificate: only then does it hear.
        await Assert.ThrowsAnyAsync<IOException>(() => stream.ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(Quickly));
        AssertLogged(reason);
    }

    [Fact]
    public async Task Gateway_ShownNothing_HangsUp()
    {
        await using var silo = await StartAsync("a", Folder("a"));
        using var socket = new TcpClient();
        await socket.ConnectAsync(silo.Gateway);
        Assert.Equal(0, await socket.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(Quickly));
        AssertLogged("it shows no certificate within 5 s");
    }

    [Fact]
    public async Task Silo_BeyondLoopbackWithoutCertificates_DoesNotStart()
    {
        var open = await Assert.ThrowsAsync<ArgumentException>(() => BlipSilo.StartAsync(new BlipSiloOptions { Address = IPAddress.Parse("10.0.0.5") }, _ => { }));
        Assert.StartsWith("At 10.0.0.5 anybody in the network could use the node: give certificates too", open.Message, StringComparison.Ordinal);
        var any = await Assert.ThrowsAsync<ArgumentException>(() => BlipSilo.StartAsync(new BlipSiloOptions { Address = IPAddress.Any, Certificates = Folder("a") }, _ => { }));
        Assert.Contains("not 0.0.0.0", any.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _authority.Dispose();

    private string Folder(string name) => _authority.Folder(CertificateRole.Silo, name);

    private Task<BlipSilo> StartAsync(string name, string? certificates, IPEndPoint? primary = null) => BlipSilo.StartAsync(
        new BlipSiloOptions { Name = name, ClusterId = _cluster, Certificates = certificates, Primary = primary, Devices = new DeviceOptions { DeviceCount = 1 } },
        services => services.AddLogging(logging => logging.AddProvider(_log)).AddSingleton<ISlotComputerFactory>(new FakeModel(name, new FakeBehaviour())));

    private Task<BlipClient> ConnectAsync(BlipSilo silo, string? certificates) =>
        BlipClient.ConnectAsync(silo.Gateway.Port, _cluster, certificates is null ? null : ClusterCredentials.Load(certificates)).WaitAsync(Quickly);

    private async Task AssertRefusedAsync(string expected, BlipSilo silo, string? certificates)
    {
        var failure = await Assert.ThrowsAsync<ClusterUnreachableException>(() => ConnectAsync(silo, certificates));
        Assert.True(failure.Message.Contains(expected, StringComparison.Ordinal), $"{failure}");
        Assert.DoesNotContain('\n', failure.Message);
    }

    private void AssertLogged(string expected) => Assert.Contains(_log.Lines, line => line.Contains(expected, StringComparison.Ordinal));
}
