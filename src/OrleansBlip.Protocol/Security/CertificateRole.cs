namespace OrleansBlip.Protocol.Security;

/// <summary>What the holder of a certificate may do in a cluster.</summary>
public enum CertificateRole
{
    /// <summary>Asks for things at the clients' port.</summary>
    Client,

    /// <summary>Is a node of the cluster: other silos and clients take its word, and it may do all that a client may.</summary>
    Silo,
}
