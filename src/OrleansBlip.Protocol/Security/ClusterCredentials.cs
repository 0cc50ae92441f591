using System.Net;
using System.Net.Security;
using System.Security.Authentication;

namespace OrleansBlip.Protocol.Security;

/// <summary>
/// By what a process of a cluster is known, and by what it knows the others: a folder with <c>ca.crt</c>, <c>tls.crt</c> and <c>tls.key</c>, all PEM, named as in a Kubernetes
/// TLS secret. Files that change are read again before the next connection; connections that stand are left alone.
/// </summary>
public sealed class ClusterCredentials
{
    /// <summary>The private authority's certificate; several, while one takes another's place.</summary>
    public const string AuthorityFile = "ca.crt";

    /// <summary>The process's own certificate, first, and those between it and the authority.</summary>
    public const string CertificateFile = "tls.crt";

    /// <summary>Its key.</summary>
    public const string KeyFile = "tls.key";

    private readonly Lock _lock = new();
    private LoadedCredentials _loaded;

    private ClusterCredentials(string folder, LoadedCredentials loaded) => (Folder, _loaded) = (folder, loaded);

    /// <summary>Where they are.</summary>
    public string Folder { get; }

    /// <summary>Whom the certificate is for.</summary>
    public CertificateIdentity Identity => _loaded.Identity;

    /// <summary>From when on nobody accepts the certificate.</summary>
    public DateTimeOffset ExpiresAt => new(_loaded.Certificate.NotAfter.ToUniversalTime());

    /// <summary>Why changed files are not used, and those read before still are; null while there is no such reason.</summary>
    public string? RenewalProblem { get; private set; }

    /// <summary>Reads a folder and makes sure that it can be used: now, by this authority, for the role that it names.</summary>
    /// <exception cref="CredentialsException">It cannot.</exception>
    public static ClusterCredentials Load(string folder) => new(folder, LoadedCredentials.Of(CredentialFiles.Read(folder)));

    /// <summary>How to accept one connection: TLS 1.3, and whoever connects shows a certificate of the authority. Made anew for each, so that renewed files count.</summary>
    /// <param name="roles">Who may connect, <see cref="CertificateRole.Silo"/> alone between silos.</param>
    /// <param name="refused">Told why somebody is not let in.</param>
    public SslServerAuthenticationOptions ServerOptions(IReadOnlyList<CertificateRole> roles, Action<string>? refused = null)
    {
        var loaded = Current();
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = loaded.Context,
            ClientCertificateRequired = true,
            CertificateChainPolicy = loaded.Trust.NewPolicy(),
            RemoteCertificateValidationCallback = Accept(roles, dialled: null, refused),
            EnabledSslProtocols = SslProtocols.Tls13,
            // A resumed session would be let in by the certificate of an older one.
            AllowTlsResume = false,
        };
    }

    /// <summary>How to make one connection to a silo: TLS 1.3, and the silo shows a silo's certificate of the authority. Made anew for each, so that renewed files count.</summary>
    /// <param name="dialled">Where; null where that is not an address.</param>
    /// <param name="refused">Told why the other end is not believed.</param>
    public SslClientAuthenticationOptions ClientOptions(IPAddress? dialled, Action<string>? refused = null)
    {
        var loaded = Current();
        return new SslClientAuthenticationOptions
        {
            ClientCertificateContext = loaded.Context,
            CertificateChainPolicy = loaded.Trust.NewPolicy(),
            RemoteCertificateValidationCallback = Accept([CertificateRole.Silo], dialled, refused),
            EnabledSslProtocols = SslProtocols.Tls13,
            AllowTlsResume = false,
        };
    }

    /// <summary>Reads files that have changed now, not only before the next connection; <see cref="RenewalProblem"/> says whether they are used.</summary>
    public void Reload() => Current();

    private static RemoteCertificateValidationCallback Accept(IReadOnlyList<CertificateRole> roles, IPAddress? dialled, Action<string>? refused) => (_, certificate, chain, errors) =>
    {
        var problem = CertificateTrust.ProblemOf(certificate, chain, errors, roles, dialled);
        if (problem is not null) refused?.Invoke(problem);
        return problem is null;
    };

    private LoadedCredentials Current()
    {
        lock (_lock)
        {
            try
            {
                var files = CredentialFiles.Read(Folder);
                // Those replaced are left to the collector: a handshake may still be using them.
                if (files != _loaded.Files) _loaded = LoadedCredentials.Of(files);
                RenewalProblem = null;
            }
            catch (CredentialsException failure)
            {
                // Files may be looked at while they are being replaced one by one. Those at hand are good for as long as others accept them.
                RenewalProblem = failure.Message;
            }
            return _loaded;
        }
    }
}
