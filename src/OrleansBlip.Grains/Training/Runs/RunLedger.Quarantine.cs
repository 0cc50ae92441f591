using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Leases;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>Slots that kill the devices that compute them, as far as they are durable.</summary>
internal sealed partial class RunLedger
{
    /// <summary>The share of the data that may be in quarantine: one part of so many. What kills more than that is no sample.</summary>
    private const int QuarantinedPart = 16;

    /// <summary>How many slots may be in quarantine in all.</summary>
    private int QuarantinesMax => (int)Math.Min(Record.Request!.QuarantinesMax, Record.Request.Spec.SampleCount / QuarantinedPart / Record.Request.Spec.SlotSize);

    /// <summary>The coordinator before was lost in the middle of a step, and perhaps with it the node that held some slot of it.</summary>
    /// <returns>Whether a slot has gone into quarantine for it, so that nothing collected may be used.</returns>
    private bool InheritSuspects()
    {
        if (QuarantinesMax == 0) return false;
        StepNumber? underWay = Record.State == RunState.Training ? Record.Step : null;
        Record = Record with { Suspects = SuspectBook.Inherit(Record.Suspects, underWay, Record.Request!.Spec.SlotCount, (node, generation) => _roster.GenerationOf(node) == generation) };
        return QuarantineGuilty();
    }

    /// <summary>Puts the slot into quarantine that has killed often enough, if there is one and it may.</summary>
    private bool QuarantineGuilty()
    {
        if (new SuspectBook(Record.Suspects).Guilty is not { Step: var step, Slot: var slot } || Record.Amendments.Any(amendment => amendment.From == step && amendment.Slot == slot)) return false;
        if (Record.Amendments.Count(amendment => amendment.Slot is not null) >= QuarantinesMax) return false;
        Quarantine(step, slot, $"Nodes died again and again while they computed nothing but slot {slot} of step {step}.");
        return true;
    }

    /// <summary>
    /// Others stand in for a slot's samples, from its step on, and all goes back to the newest checkpoint: whoever still computes the slot as it was is fenced off, and what was
    /// summed of it is gone.
    /// </summary>
    private void Quarantine(StepNumber step, int slot, string reason)
    {
        Record = Record with
        {
            Amendments = [.. Record.Amendments, new Amendment { From = step, End = new StepNumber(Record.Request!.Spec.Steps), Slot = slot, Reason = reason }],
            Suspects = [.. Record.Suspects.Where(suspect => suspect.Step != step || suspect.Slot != slot)],
            Problem = $"{reason} Other samples stand in for its {Record.Request.Spec.SlotSize} from here on.",
        };
        Restore();
    }

    /// <summary>The suspects with the life of each node that holds one: a successor will ask whether it still lives.</summary>
    private ImmutableArray<SuspectSlot> WithGenerations(ImmutableArray<SuspectSlot> suspects) =>
        [.. suspects.Select(suspect => suspect.Holder is { } holder ? suspect with { HolderGeneration = _roster.GenerationOf(holder) ?? 0 } : suspect)];

    /// <summary>Nodes have died. A death may be heard of late, between two views: what the node held is in the record.</summary>
    private void NoteDeaths(IEnumerable<NodeName> dead)
    {
        foreach (var node in dead)
        {
            if (_steps is not null)
            {
                AddSteps(_steps.NodeDied(node));
            }
            else if (QuarantinesMax > 0 && Record.Suspects.Any(suspect => suspect.Holder == node))
            {
                Persist(Record with { Suspects = [.. Record.Suspects.Select(suspect => suspect.Holder == node ? suspect.AfterDeath() : suspect)] });
                QuarantineGuilty();
            }
        }
    }
}
