using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansBlip.Protocol.Security;

/// <summary>The private authority of a cluster: whoever has its key decides who is a silo and who a client.</summary>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>For how long a new authority stands: longer than any cluster, as replacing it touches every node.</summary>
    private const int Years = 10;

    private const string EllipticCurveKey = "1.2.840.10045.2.1";

    /// <summary>Certificates are good from a day before they are made: a node's clock may be behind by that.</summary>
    private static readonly TimeSpan ClockError = TimeSpan.FromDays(1);

    private readonly X509Certificate2 _certificate;
    private readonly TimeProvider _time;

    private CertificateAuthority(X509Certificate2 certificate, TimeProvider time) => (_certificate, _time) = (certificate, time);

    /// <summary>The authority's certificate, in PEM: what every node and client gets.</summary>
    public string Certificate => _certificate.ExportCertificatePem() + '\n';

    /// <summary>From when on nobody accepts what it signed.</summary>
    public DateTimeOffset ExpiresAt => new(_certificate.NotAfter.ToUniversalTime());

    /// <summary>Makes a new one, with an ECDSA key on P-384.</summary>
    public static IssuedCertificate Create(TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var request = new CertificateRequest("CN=OrleansBlip private authority", key, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = time.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now - ClockError, now.AddYears(Years));
        return new(certificate.ExportCertificatePem() + '\n', key.ExportPkcs8PrivateKeyPem() + '\n');
    }

    /// <summary>Takes one up again.</summary>
    /// <exception cref="CredentialsException">The key is not the certificate's, or the certificate is no authority's, or one that has expired.</exception>
    public static CertificateAuthority Load(IssuedCertificate authority, TimeProvider time)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPem(authority.Certificate, authority.Key);
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            throw new CredentialsException($"The authority's key is not its certificate's, or one of them is no PEM: {failure.Message}", failure);
        }
        bool isAuthority = certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority);
        if (!isAuthority) throw new CredentialsException($"'{certificate.Subject}' is no authority: its certificate may sign no others.");
        if (certificate.GetKeyAlgorithm() != EllipticCurveKey) throw new CredentialsException($"The authority '{certificate.Subject}' has a key of another kind than ECDSA, with which certificates are signed here.");
        if (certificate.NotAfter.ToUniversalTime() <= time.GetUtcNow()) throw new CredentialsException($"The authority '{certificate.Subject}' has expired on {certificate.NotAfter.ToUniversalTime():u}: make a new one.");
        return new(certificate, time);
    }

    /// <summary>Makes a certificate, with an ECDSA key on P-256: a silo's is good for both ends of a connection, a client's for the calling one.</summary>
    /// <param name="identity">For whom.</param>
    /// <param name="lifetime">From now; it ends with the authority at the latest.</param>
    /// <param name="addresses">Where a silo may be called; none for anywhere.</param>
    public IssuedCertificate Issue(CertificateIdentity identity, TimeSpan lifetime, IReadOnlyList<IPAddress> addresses)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(identity.Name);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(identity.ToString()));
        foreach (var address in addresses) names.AddIpAddress(address);
        OidCollection usages = identity.Role == CertificateRole.Silo ? [CertificateTrust.ServerAuthentication, CertificateTrust.ClientAuthentication] : [CertificateTrust.ClientAuthentication];
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, critical: false));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var now = _time.GetUtcNow();
        var end = now + lifetime < ExpiresAt ? now + lifetime : ExpiresAt;
        var start = now - ClockError > _certificate.NotBefore.ToUniversalTime() ? now - ClockError : new DateTimeOffset(_certificate.NotBefore.ToUniversalTime());
        using var certificate = request.Create(_certificate, start, end, RandomNumberGenerator.GetBytes(16));
        return new(certificate.ExportCertificatePem() + '\n', key.ExportPkcs8PrivateKeyPem() + '\n');
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate.Dispose();
}
