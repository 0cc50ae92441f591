using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansBlip.Protocol.Security;

/// <summary>Which certificates are believed: those that lead to a private authority and to nothing else, and name the role that is called for.</summary>
internal sealed class CertificateTrust(X509Certificate2Collection authorities)
{
    public static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1"), ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    /// <summary>The system's own authorities count for nothing, and nothing is asked of the network.</summary>
    public X509ChainPolicy NewPolicy()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    /// <summary>What is wrong with a process's own certificate; null where nothing is.</summary>
    public string? ProblemOf(X509Certificate2 own, X509Certificate2Collection intermediates, CertificateRole role)
    {
        using var chain = new X509Chain { ChainPolicy = NewPolicy() };
        chain.ChainPolicy.ExtraStore.AddRange(intermediates);
        chain.ChainPolicy.ApplicationPolicy.Add(ClientAuthentication);
        if (role == CertificateRole.Silo) chain.ChainPolicy.ApplicationPolicy.Add(ServerAuthentication);
        return chain.Build(own) ? null : Describe(chain, own);
    }

    /// <summary>
    /// What is wrong with what the other end of a connection shows; null where nothing is. Its name in the network is not looked at, since nodes come and go: a silo is one by
    /// its role. But a certificate that names addresses is good at those alone.
    /// </summary>
    /// <param name="certificate">What it shows.</param>
    /// <param name="chain">What TLS made of it, by <see cref="NewPolicy"/>.</param>
    /// <param name="errors">What TLS found wrong with it.</param>
    /// <param name="roles">The roles that are let in.</param>
    /// <param name="dialled">Where it was called; null where it is the one that calls.</param>
    public static string? ProblemOf(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors, IReadOnlyList<CertificateRole> roles, IPAddress? dialled)
    {
        if (certificate is not X509Certificate2 peer) return "it shows no certificate";
        if ((errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) != SslPolicyErrors.None) return $"its certificate, '{peer.Subject}', {Describe(chain!, peer)}";
        if (CertificateIdentity.Of(peer) is not { } identity) return $"its certificate, '{peer.Subject}', names no role";
        if (!roles.Contains(identity.Role)) return $"its certificate is for {identity}, which is no {string.Join(" or ", roles)}";
        var addresses = peer.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateIPAddresses()).ToList();
        return dialled is null || addresses.Count == 0 || addresses.Contains(dialled) ? null : $"its certificate, for {identity}, is not for the address {dialled}";
    }

    private static string Describe(X509Chain chain, X509Certificate2 certificate)
    {
        var all = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (flags, status) => flags | status.Status);
        if (all.HasFlag(X509ChainStatusFlags.NotTimeValid)) return $"or its authority's is not valid now, but from {certificate.NotBefore.ToUniversalTime():u} to {certificate.NotAfter.ToUniversalTime():u}";
        if (all.HasFlag(X509ChainStatusFlags.NotValidForUsage)) return "may not be used for this (its extended key usage)";
        if ((all & (X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot)) != 0) return "is not signed by the cluster's authority";
        return string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation.TrimEnd('.', '\n')).DefaultIfEmpty("is not accepted"));
    }
}
