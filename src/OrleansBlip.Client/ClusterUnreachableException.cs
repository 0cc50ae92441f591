namespace OrleansBlip.Client;

/// <summary>A client has found no node of its cluster that lets it in. The message says what is wrong and what to do.</summary>
public sealed class ClusterUnreachableException(string message, Exception inner) : OrleansException(message, inner);
