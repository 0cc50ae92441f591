using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Leases;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Steps;

/// <summary>What the ledger does about slots that kill the devices that compute them.</summary>
internal sealed partial class StepLedger
{
    private readonly SuspectBook _suspects;
    private bool _isQuarantining;

    /// <summary>Slots that may be killing devices, to be made durable with each verdict.</summary>
    public ImmutableArray<SuspectSlot> Suspects => _suspects.Slots;

    private bool LooksForKillers => _policy.QuarantinesMax > 0;

    /// <summary>A node has died, by itself: what it held is suspected of it. Its trainers are still to be struck out.</summary>
    public IReadOnlyList<StepAction> NodeDied(NodeName node)
    {
        if (!LooksForKillers) return [];
        int[] held = Phase is StepPhase.Leasing or StepPhase.Voting ? _book.HeldBy(node) : [];
        if (!_suspects.Died(Step, node, held)) return [];
        _actions.Add(new StepAction.Suspect(_suspects.Slots));
        if (_suspects.Guilty is { } guilty) Quarantine(guilty.Step, guilty.Slot, $"Nodes died again and again while they computed nothing but slot {guilty.Slot} of step {guilty.Step}, at last {node}.");
        return Take();
    }

    private void NoteReport(LeaseReport report, bool isCurrent)
    {
        if (!LooksForKillers) return;
        if (report.Outcome == LeaseOutcome.Done) _suspects.Done(report.Trainer, isCurrent ? report.Slots : new SlotRange(0, 0), Step);
        else if (report.Outcome == LeaseOutcome.Failed && _suspects.Failed(report.Trainer, isCurrent ? report.FailedSlot : null, TrainerCount, _book.HasSeenWork))
            Quarantine(Step, report.FailedSlot!.Value, $"Devices failed at slot {report.FailedSlot} of step {Step}, at last {report.Trainer}: {report.Problem}");
    }

    /// <summary>Puts a slot, of the step under way or of one that is to be done again, into quarantine, unless it is there already or too many are: then it is no sample's fault.</summary>
    private void Quarantine(StepNumber step, int slot, string reason)
    {
        _suspects.Forget(step, slot);
        var quarantined = _policy.Amendments.Where(amendment => amendment.Slot is not null).ToArray();
        if (quarantined.Length >= _policy.QuarantinesMax || quarantined.Any(amendment => amendment.From == step && amendment.Slot == slot)) return;
        _isQuarantining = true;
        _actions.Add(new StepAction.Quarantine(step, slot, reason));
    }

    private IReadOnlyList<(TrainerId Trainer, SlotRange Slots)> Deal(TimeSpan now)
    {
        if (_isQuarantining) return [];
        var dealt = LooksForKillers ? _book.Deal(now, _suspects.Apart(Step), _suspects.HasFailed) : _book.Deal(now);
        bool isWatched = false;
        foreach (var (trainer, slots) in dealt) isWatched |= _suspects.Give(Step, slots, trainer.Node, _book.HasSeenWork && _book.HoldsOnly(trainer.Node, slots));
        if (isWatched) _actions.Add(new StepAction.Suspect(_suspects.Slots));
        return dealt;
    }
}
