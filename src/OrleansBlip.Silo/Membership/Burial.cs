namespace OrleansBlip.Silo.Membership;

/// <summary>
/// Declares silos dead and waits until the membership says so. Orleans only notes the request, and carries it out beside whatever follows: a silo that goes on to join writes the
/// membership at the same time, one of the two writes is lost, and the silo waits for seconds before it tries again.
/// </summary>
internal static class Burial
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), LookInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Declares them dead.</summary>
    /// <returns>Whether all of them count as dead now; false where the membership could not be written in time.</returns>
    public static async Task<bool> OfAsync(IReadOnlyCollection<SiloAddress> silos, IClusterMembershipService membership, TimeProvider time, CancellationToken cancellationToken)
    {
        foreach (var silo in silos) await membership.TryKill(silo);
        bool IsDone() => silos.All(silo => membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Dead);
        for (long start = time.GetTimestamp(); !IsDone() && time.GetElapsedTime(start) < Patience;) await Task.Delay(LookInterval, time, cancellationToken);
        return IsDone();
    }
}
