namespace OrleansBlip.Protocol.Security;

/// <summary>A certificate and its key, new made and nowhere kept yet.</summary>
/// <param name="Certificate">PEM.</param>
/// <param name="Key">PKCS #8 in PEM, without a password.</param>
public sealed record IssuedCertificate(string Certificate, string Key)
{
    /// <summary>Keeps the key out of whatever prints this.</summary>
    public override string ToString() => Certificate;
}
