using System.Collections.Immutable;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Leases;

/// <summary>
/// Which slots kill the devices that compute them: a part of the coordinator's ledger. Nodes die of many things, and a death at which a node held several slots, or the first one
/// at all, tells nothing of any of them. What it held is dealt again slot by slot, to nodes that hold nothing else, and only deaths in that state count. A device that outlives
/// its failure says which slot it failed at, which counts unless it has failed at others just before, and may be broken itself.
/// </summary>
internal sealed class SuspectBook
{
    /// <summary>Deaths of nodes that held a slot alone at which it goes into quarantine. With the one that made it a suspect they are three.</summary>
    public const int DeathsAloneMax = 2;

    /// <summary>Devices that outlived their failure at a slot at which it goes into quarantine; where there is one device only, its failures.</summary>
    public const int FailuresMax = 2;

    private readonly SortedDictionary<(StepNumber Step, int Slot), SuspectSlot> _slots = [];
    private readonly Dictionary<int, List<TrainerId>> _failures = [];
    private readonly Dictionary<TrainerId, int?> _failing = [];

    // Slots whose holder has them from a lease that is void by now, but may still be computing them, or have died of them without anybody knowing yet.
    private readonly HashSet<(StepNumber Step, int Slot)> _void = [];

    /// <summary>Goes on with what is durable. What was leased before is void.</summary>
    public SuspectBook(IEnumerable<SuspectSlot> slots)
    {
        foreach (var slot in slots)
        {
            _slots.Add((slot.Step, slot.Slot), slot);
            if (slot.Holder is not null) _void.Add((slot.Step, slot.Slot));
        }
    }

    /// <summary>What must be durable.</summary>
    public ImmutableArray<SuspectSlot> Slots => [.. _slots.Values];

    /// <summary>The slots of a step to be dealt apart from others, in the order in which to try them: those with the fewest deaths first, for they are most likely innocent.</summary>
    public IReadOnlyList<int> Apart(StepNumber step) =>
        [.. _slots.Values.Where(slot => slot.Step == step && slot.Deaths > 0).OrderBy(slot => slot.Deaths).Select(slot => slot.Slot).Union(_failures.Keys.Order())];

    /// <summary>Whether a device has failed at a slot of the step under way.</summary>
    public bool HasFailed(TrainerId trainer, int slot) => _failures.TryGetValue(slot, out var trainers) && trainers.Contains(trainer);

    /// <summary>Slots go to a node.</summary>
    /// <returns>Whether some of them are in the book, so that it must be made durable before.</returns>
    public bool Give(StepNumber step, SlotRange slots, NodeName node, bool isAlone)
    {
        for (int slot = slots.Start; slot < slots.End; slot++) _void.Remove((step, slot));
        // Until it has done something, it may die of one as well as of the other.
        foreach (var key in VoidOf(node))
        {
            isAlone = false;
            _slots[key] = _slots[key] with { IsAlone = false };
        }
        bool isKnown = false;
        for (int slot = slots.Start; slot < slots.End; slot++)
        {
            if (!_slots.TryGetValue((step, slot), out var known)) continue;
            _slots[(step, slot)] = known with { Holder = node, IsAlone = isAlone };
            isKnown = true;
        }
        return isKnown;
    }

    /// <summary>A device has done slots of the step under way, or something else: it works, and nothing speaks against the slots any more.</summary>
    public void Done(TrainerId trainer, SlotRange slots, StepNumber step)
    {
        _failing.Remove(trainer);
        for (int slot = slots.Start; slot < slots.End; slot++)
        {
            _slots.Remove((step, slot));
            _void.Remove((step, slot));
            _failures.Remove(slot);
        }
        foreach (var key in VoidOf(trainer.Node))
        {
            _slots[key] = _slots[key].WithoutHolder();
            _void.Remove(key);
        }
    }

    /// <summary>A step is decided.</summary>
    public void Clear(StepNumber step)
    {
        _failures.Clear();
        foreach (var key in _slots.Keys.Where(key => key.Step <= step).ToArray())
        {
            _slots.Remove(key);
            _void.Remove(key);
        }
    }

    /// <summary>A node has died.</summary>
    /// <param name="step">The step under way.</param>
    /// <param name="node">The node.</param>
    /// <param name="held">The slots of the step that it held.</param>
    /// <returns>Whether it held any, then or when the step was under way before.</returns>
    public bool Died(StepNumber step, NodeName node, IEnumerable<int> held)
    {
        (StepNumber Step, int Slot)[] suspected = [.. held.Select(slot => (step, slot)).Union(_slots.Where(slot => slot.Value.Holder == node).Select(slot => slot.Key))];
        foreach (var key in suspected)
        {
            var known = _slots.GetValueOrDefault(key) ?? new SuspectSlot { Step = key.Step, Slot = key.Slot };
            _slots[key] = (known.Holder == node ? known : known with { IsAlone = false }).AfterDeath();
            _void.Remove(key);
        }
        return suspected.Length > 0;
    }

    /// <summary>A device has failed and lives on.</summary>
    /// <param name="trainer">The device.</param>
    /// <param name="slot">The slot at whose computation it failed; null for whatever else.</param>
    /// <param name="trainerCount">How many devices there are.</param>
    /// <param name="isSound">Whether some slot was computed since the ledger began: else it may be anything.</param>
    /// <returns>Whether the slot goes into quarantine for it.</returns>
    public bool Failed(TrainerId trainer, int? slot, int trainerCount, bool isSound)
    {
        bool isFirstInRow = _failing.TryAdd(trainer, slot);
        if (slot is not { } failed || !isSound || !(isFirstInRow || _failing[trainer] == slot)) return false;
        if (!_failures.TryGetValue(failed, out var trainers)) _failures.Add(failed, trainers = []);
        trainers.Add(trainer);
        return trainers.Distinct().Count() >= FailuresMax || (trainerCount == 1 && trainers.Count >= FailuresMax);
    }

    /// <summary>A slot has gone into quarantine; its next content is another.</summary>
    public void Forget(StepNumber step, int slot)
    {
        _slots.Remove((step, slot));
        _void.Remove((step, slot));
        _failures.Remove(slot);
    }

    /// <summary>
    /// What is durable when a coordinator is lost and another one begins. Where a node of that time is gone, it has died with what it held. Where nobody knows what was held,
    /// the step is watched from here on: the next loss will not go unexplained.
    /// </summary>
    /// <param name="slots">What the predecessor left.</param>
    /// <param name="step">The step under way; null where none is.</param>
    /// <param name="slotCount">Slots of a step.</param>
    /// <param name="isAlive">Whether a node lives in a certain life.</param>
    public static ImmutableArray<SuspectSlot> Inherit(ImmutableArray<SuspectSlot> slots, StepNumber? step, int slotCount, Func<NodeName, int, bool> isAlive)
    {
        ImmutableArray<SuspectSlot> after = [.. slots.Select(slot => slot.Holder is { } holder && !isAlive(holder, slot.HolderGeneration) ? slot.AfterDeath() : slot)];
        if (step is not { } watched || after.Zip(slots).Any(pair => pair.First.Deaths > pair.Second.Deaths)) return after;
        var known = after.Where(slot => slot.Step == watched).Select(slot => slot.Slot).ToHashSet();
        return [.. after, .. Enumerable.Range(0, slotCount).Where(slot => !known.Contains(slot)).Select(slot => new SuspectSlot { Step = watched, Slot = slot })];
    }

    /// <summary>The first slot that has killed often enough; null for none.</summary>
    public SuspectSlot? Guilty => _slots.Values.FirstOrDefault(slot => slot.DeathsAlone >= DeathsAloneMax);

    private (StepNumber Step, int Slot)[] VoidOf(NodeName node) => [.. _void.Where(key => _slots[key].Holder == node)];
}
