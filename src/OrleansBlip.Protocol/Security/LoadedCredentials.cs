using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansBlip.Protocol.Security;

/// <summary>A folder of credentials that was found good.</summary>
internal sealed record LoadedCredentials(CredentialFiles Files, CertificateIdentity Identity, X509Certificate2 Certificate, SslStreamCertificateContext Context, CertificateTrust Trust)
{
    /// <summary>Reads the texts.</summary>
    /// <exception cref="CredentialsException">They are not what they should be, or do not belong together.</exception>
    public static LoadedCredentials Of(CredentialFiles files)
    {
        string PathOf(string name) => $"'{Path.Combine(files.Folder, name)}'";
        var trust = new CertificateTrust(Import(files.Authority, PathOf(ClusterCredentials.AuthorityFile)));
        var own = Import(files.Certificate, PathOf(ClusterCredentials.CertificateFile));
        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPem(files.Certificate, files.Key);
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            throw new CredentialsException($"{PathOf(ClusterCredentials.KeyFile)} is not the key of {PathOf(ClusterCredentials.CertificateFile)}, or no PEM key without a password: {failure.Message}", failure);
        }
        var identity = CertificateIdentity.Of(certificate) ?? throw new CredentialsException(
            $"{PathOf(ClusterCredentials.CertificateFile)} names no role: one URI among its alternative names is to be orleansblip:silo/NAME or orleansblip:client/NAME, as 'blip certs create' makes it.");
        own.RemoveAt(0);
        if (trust.ProblemOf(certificate, own, identity.Role) is { } problem)
            throw new CredentialsException($"{PathOf(ClusterCredentials.CertificateFile)} {problem} ({PathOf(ClusterCredentials.AuthorityFile)}): make a new one by 'blip certs create'.");
        return new(files, identity, certificate, SslStreamCertificateContext.Create(certificate, own, offline: true), trust);
    }

    private static X509Certificate2Collection Import(string pem, string path)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException failure)
        {
            throw new CredentialsException($"{path} holds something else than certificates in PEM: {failure.Message}", failure);
        }
        return certificates.Count > 0 ? certificates : throw new CredentialsException($"{path} holds no certificate in PEM.");
    }
}
