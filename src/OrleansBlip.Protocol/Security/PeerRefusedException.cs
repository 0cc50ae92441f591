using Microsoft.AspNetCore.Connections;

namespace OrleansBlip.Protocol.Security;

/// <summary>The other end of a connection has not shown a certificate that is accepted here. The message says what it did show.</summary>
public sealed class PeerRefusedException(string message, Exception inner) : ConnectionAbortedException(message, inner);
