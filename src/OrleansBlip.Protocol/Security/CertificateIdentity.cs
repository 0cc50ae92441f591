using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansBlip.Protocol.Security;

/// <summary>Whom a certificate is for: <c>orleansblip:silo/NAME</c> or <c>orleansblip:client/NAME</c>, a URI among its alternative names.</summary>
/// <param name="Role">What its holder may do. It is this that others go by.</param>
/// <param name="Name">The node or client, for people: logs and errors tell it.</param>
public sealed record CertificateIdentity(CertificateRole Role, string Name)
{
    private const string Scheme = "orleansblip:", SubjectAlternativeName = "2.5.29.17";

    private static readonly Asn1Tag UriName = new(TagClass.ContextSpecific, 6);

    /// <summary>The URI.</summary>
    public override string ToString() => $"{Scheme}{(Role == CertificateRole.Silo ? "silo" : "client")}/{Name}";

    /// <summary>Reads it out of a certificate; null where the certificate names none, or more than one.</summary>
    public static CertificateIdentity? Of(X509Certificate2 certificate)
    {
        try
        {
            var named = certificate.Extensions.Where(extension => extension.Oid?.Value == SubjectAlternativeName).SelectMany(UrisOf)
                .Where(uri => uri.StartsWith(Scheme, StringComparison.Ordinal)).ToList();
            return named is [var only] ? Parse(only[Scheme.Length..]) : null;
        }
        catch (Exception malformed) when (malformed is AsnContentException or CryptographicException)
        {
            return null;
        }
    }

    private static CertificateIdentity? Parse(string path) => path.Split('/') switch
    {
        ["silo", { Length: > 0 } name] => new(CertificateRole.Silo, name),
        ["client", { Length: > 0 } name] => new(CertificateRole.Client, name),
        _ => null,
    };

    /// <summary>The framework's reader of this extension knows host names and addresses alone.</summary>
    private static List<string> UrisOf(X509Extension extension)
    {
        var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
        List<string> uris = [];
        while (names.HasData)
        {
            if (names.PeekTag().HasSameClassAndValue(UriName)) uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, UriName));
            else names.ReadEncodedValue();
        }
        return uris;
    }
}
