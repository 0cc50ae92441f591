using System.Net;
using OrleansBlip.Protocol.Security;

namespace OrleansBlip.Benchmarks.Wire;

/// <summary>Certificates of a private authority that lives as long as a measurement.</summary>
internal sealed class CertificateFolder : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("wire-");
    private readonly IssuedCertificate _issued = CertificateAuthority.Create(TimeProvider.System);

    /// <summary>A silo's folder of certificates.</summary>
    public string Issue(string name, params IReadOnlyList<IPAddress> addresses)
    {
        using var authority = CertificateAuthority.Load(_issued, TimeProvider.System);
        var certificate = authority.Issue(new(CertificateRole.Silo, name), TimeSpan.FromDays(1), addresses);
        string folder = _root.CreateSubdirectory(name).FullName, key = Path.Combine(folder, ClusterCredentials.KeyFile);
        File.WriteAllText(Path.Combine(folder, ClusterCredentials.AuthorityFile), authority.Certificate);
        File.WriteAllText(Path.Combine(folder, ClusterCredentials.CertificateFile), certificate.Certificate);
        File.WriteAllText(key, certificate.Key);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return folder;
    }

    public void Dispose() => _root.Delete(recursive: true);
}
