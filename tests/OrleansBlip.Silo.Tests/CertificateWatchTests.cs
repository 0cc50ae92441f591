using Microsoft.Extensions.Logging;
using OrleansBlip.Protocol.Security;
using OrleansBlip.Silo.Tests.Training;
using OrleansBlip.Tests.Certificates;

namespace OrleansBlip.Silo.Tests;

public sealed class CertificateWatchTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TestLog _log = new();

    [Fact]
    public void Look_CertificateOfAYear_SaysNothing()
    {
        string folder = _authority.Folder(CertificateRole.Silo, "a");
        _authority.Write(folder, _authority.Issue(CertificateRole.Silo, "a", days: 365));
        Watch(folder).Look();
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void Look_CertificateThatEndsSoon_WarnsUntilItIsRenewed()
    {
        string folder = _authority.Folder(CertificateRole.Silo, "a");
        using var watch = Watch(folder);
        watch.Look();
        Assert.Contains("make a new one by 'blip certs create --force'", Assert.Single(_log.Lines), StringComparison.Ordinal);
        _authority.Write(folder, _authority.Issue(CertificateRole.Silo, "a", days: 365));
        watch.Look();
        Assert.Single(_log.Lines);
    }

    [Fact]
    public void Look_FilesThatCannotBeUsed_WarnsAndKeepsTheOldOnes()
    {
        string folder = _authority.Folder(CertificateRole.Silo, "a");
        _authority.Write(folder, _authority.Issue(CertificateRole.Silo, "a", days: 365));
        using var watch = Watch(folder);
        File.WriteAllText(Path.Combine(folder, "tls.crt"), "nonsense");
        watch.Look();
        Assert.Contains("tls.crt' holds no certificate in PEM", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    public void Dispose() => _authority.Dispose();

    private CertificateWatch Watch(string folder)
    {
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(_log));
        return new(ClusterCredentials.Load(folder), TimeProvider.System, factory.CreateLogger<CertificateWatch>());
    }
}
