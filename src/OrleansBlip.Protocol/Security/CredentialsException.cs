namespace OrleansBlip.Protocol.Security;

/// <summary>Certificates or keys that cannot be used. The message is for the user: which file, what is wrong with it, and what to do.</summary>
public sealed class CredentialsException(string message, Exception? inner = null) : IOException(message, inner);
