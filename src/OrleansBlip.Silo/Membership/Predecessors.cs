using Microsoft.Extensions.Logging;

namespace OrleansBlip.Silo.Membership;

/// <summary>
/// A node that starts declares dead whoever bore its name before. That one cannot live: two of a name never do. Without it a cluster whose processes were all killed would knock at
/// each of the dead until they count as such, before any of the living is let in.
/// </summary>
internal sealed partial class Predecessors(IMembershipTable table, IClusterMembershipService membership, ILocalSiloDetails self, TimeProvider time, ILogger<Predecessors> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(Predecessors), JoiningInTurn.BeforeJoining, BuryAsync);

    private async Task BuryAsync(CancellationToken cancellationToken)
    {
        var members = (await table.ReadAllAsync(cancellationToken)).Members.Select(row => row.Item1);
        SiloAddress[] predecessors = [.. members.Where(IsPredecessor).Select(member => member.SiloAddress)];
        bool areDead = await Burial.OfAsync(predecessors, membership, time, cancellationToken);
        foreach (var predecessor in predecessors) LogBuried(logger, predecessor, areDead);
    }

    private bool IsPredecessor(MembershipEntry member) =>
        member.SiloName == self.Name && member.Status != SiloStatus.Dead && member.SiloAddress.Generation < self.SiloAddress.Generation;

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Predecessor}, which bore this node's name and never left, is declared dead: {IsDone}")]
    private static partial void LogBuried(ILogger logger, SiloAddress predecessor, bool isDone);
}
