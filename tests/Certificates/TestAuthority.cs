using System.Net;
using OrleansBlip.Protocol.Security;

namespace OrleansBlip.Tests.Certificates;

/// <summary>A private authority with folders of certificates that go with the test.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("certificates-");
    private readonly CertificateAuthority _authority = CertificateAuthority.Load(CertificateAuthority.Create(TimeProvider.System), TimeProvider.System);

    /// <summary>The authority's certificate, in PEM.</summary>
    public string Certificate => _authority.Certificate;

    /// <summary>A folder with a certificate that is good for a day, or ended an hour ago.</summary>
    public string Folder(CertificateRole role, string name, bool isExpired = false, params IReadOnlyList<IPAddress> addresses)
    {
        string folder = _root.CreateSubdirectory($"{role}-{name}").FullName;
        Write(folder, _authority.Issue(new(role, name), isExpired ? TimeSpan.FromHours(-1) : TimeSpan.FromDays(1), addresses));
        return folder;
    }

    /// <summary>A certificate in no folder yet.</summary>
    public IssuedCertificate Issue(CertificateRole role, string name, int days = 1) => _authority.Issue(new(role, name), TimeSpan.FromDays(days), []);

    /// <summary>Writes a certificate into a folder, over the one that is there.</summary>
    public void Write(string folder, IssuedCertificate issued)
    {
        string key = Path.Combine(folder, ClusterCredentials.KeyFile);
        File.WriteAllText(Path.Combine(folder, ClusterCredentials.AuthorityFile), Certificate);
        File.WriteAllText(Path.Combine(folder, ClusterCredentials.CertificateFile), issued.Certificate);
        File.WriteAllText(key, issued.Key);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _root.Delete(recursive: true);
    }
}
