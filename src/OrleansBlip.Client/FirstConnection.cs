using Microsoft.AspNetCore.Connections;
using OrleansBlip.Protocol.Security;

namespace OrleansBlip.Client;

/// <summary>How long a client tries to connect for the first time, and what it says when it gives up.</summary>
internal sealed class FirstConnection(string clusterId, ClusterCredentials? credentials, TimeProvider time)
{
    /// <summary>A node that is about to stop hangs up too, so once is not enough.</summary>
    private const int RefusalsMax = 5;

    /// <summary>Where nobody answers yet, a cluster may be about to start.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Longer than Orleans lets pass before it tries a node again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1.1);

    private readonly long _start = time.GetTimestamp();
    private int _refusals;
    private volatile PeerRefusedException? _refused;

    /// <summary>A node was refused, by this end. The failure of the connection may name no more than its end.</summary>
    public void NoteRefused(PeerRefusedException refusal) => _refused = refusal;

    /// <summary>Whether to try once more, after a pause.</summary>
    public async Task<bool> TryAgainAsync(Exception failure, CancellationToken cancellationToken)
    {
        if (RefusalOf(failure) is not null && ++_refusals >= RefusalsMax) return false;
        if (time.GetElapsedTime(_start) >= Patience) return false;
        await Task.Delay(Pause, time, cancellationToken);
        return true;
    }

    /// <summary>What went wrong, and what to do about it.</summary>
    public string Describe(Exception failure)
    {
        if (RefusalOf(failure) is not { } refusal) return $"No node of cluster '{clusterId}' is reached: {failure.GetBaseException().Message}";
        if ((refusal as PeerRefusedException ?? _refused) is { } refused) return $"No node of cluster '{clusterId}' can be trusted: {refused.Message}";
        string reason = credentials is null ? "it wants a certificate, which this client does not show" : $"it does not accept the certificate in '{credentials.Folder}', for {credentials.Identity}";
        return $"No node of cluster '{clusterId}' lets this client in. The node hangs up: {reason}, or it belongs to a cluster of another name. Its log says which.";
    }

    /// <summary>The cause by which somebody was there and did not want to, or was not wanted; null where nobody was there.</summary>
    private static Exception? RefusalOf(Exception failure)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
            if (cause is ConnectionAbortedException or InvalidOperationException or IOException) return cause;
        return null;
    }
}
