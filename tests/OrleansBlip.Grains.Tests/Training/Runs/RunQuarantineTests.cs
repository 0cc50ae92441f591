using OrleansBlip.Grains.Training.Leases;
using OrleansBlip.Grains.Training.Runs;
using OrleansBlip.Grains.Training.Steps;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training.Runs;

/// <summary>A slot that takes the coordinator's own node with it is found all the same, and durably left out.</summary>
public sealed class RunQuarantineTests
{
    private static readonly TrainerId Trainer = new(new NodeName("a"), 0);

    [Fact]
    public void Slot_ThatKillsTheOnlyNodeAgainAndAgain_GoesIntoQuarantine()
    {
        // Life 1 ends at slot 1, and nobody knows what was held; in life 2 the step is watched; then its slots are tried one by one.
        var record = LiveUntilDeath(Record(), generation: 2, "0-3", []);
        Assert.All(record.Suspects, suspect => Assert.Equal((0, new NodeName("a"), 2), (suspect.Deaths, suspect.Holder, suspect.HolderGeneration)));
        record = LiveUntilDeath(record, generation: 3, "0", ["0"]);
        Assert.Equal([(1, 1, 0, true), (2, 1, 0, false), (3, 1, 0, false)], record.Suspects.Select(suspect => (suspect.Slot, suspect.Deaths, suspect.DeathsAlone, suspect.IsAlone)));
        record = LiveUntilDeath(record, generation: 4, "0", ["0", "2", "3"]);
        Assert.Equal([(1, 2, 1, true)], record.Suspects.Select(suspect => (suspect.Slot, suspect.Deaths, suspect.DeathsAlone, suspect.IsAlone)));

        var ledger = new RunLedger(record);
        var actions = ledger.Recover(TimeSpan.Zero, [Node(5)]);
        Assert.Contains(actions, action => action is RunAction.FindCheckpoint);
        var amendment = Assert.Single(ledger.Record.Amendments);
        Assert.Equal((new StepNumber(4), 1, new StepNumber(10)), (amendment.From, amendment.Slot, amendment.End));
        Assert.False(amendment.Omits(new StepNumber(4)));
        Assert.Empty(ledger.Record.Suspects);
        Assert.Contains("slot 1 of step 4", ledger.Record.Problem, StringComparison.Ordinal);
        Assert.Equal(ledger.Record, actions.OfType<RunAction.Persist>().Last().Record);
    }

    [Fact]
    public void Coordinator_ThatIsReplacedWhileItsNodesLive_SuspectsNobody()
    {
        var record = LiveUntilDeath(Record(), generation: 2, "0-3", []);
        var ledger = new RunLedger(record);
        ledger.Recover(TimeSpan.Zero, [Node(2)]);
        Assert.All(ledger.Record.Suspects, suspect => Assert.Equal(0, suspect.Deaths));
    }

    [Fact]
    public void Coordinator_WhosePredecessorSeemsToLiveOn_HearsOfItsDeathLater()
    {
        var suspect = new SuspectSlot { Step = Record().Step, Slot = 1, Deaths = 2, DeathsAlone = 1, Holder = new NodeName("a"), HolderGeneration = 1, IsAlone = true };
        var ledger = new RunLedger(Record() with { Suspects = [suspect] });
        ledger.Recover(TimeSpan.Zero, [Node(1), new RosterNode(new NodeName("b"), 1, 1)]);
        Assert.Empty(ledger.Record.Amendments);
        ledger.NodesChanged(TimeSpan.Zero, [new RosterNode(new NodeName("b"), 1, 1)]);
        Assert.Equal((suspect.Step, 1), Assert.Single(ledger.Record.Amendments) switch { var amendment => (amendment.From, amendment.Slot) });
    }

    [Fact]
    public void Quarantine_OfMoreThanASixteenthOfTheData_IsNotDecided()
    {
        var record = Record();
        record = record with
        {
            Request = record.Request! with { Spec = record.Request.Spec with { SampleCount = 31 } },
            Suspects = [new SuspectSlot { Step = record.Step, Slot = 1, Deaths = 3, DeathsAlone = 1, Holder = new NodeName("a"), HolderGeneration = 1, IsAlone = true }],
        };
        var few = new RunLedger(record);
        few.Recover(TimeSpan.Zero, [Node(2)]);
        Assert.Empty(few.Record.Amendments);
        var enough = new RunLedger(record with { Request = record.Request with { Spec = record.Request.Spec with { SampleCount = 32 } } });
        enough.Recover(TimeSpan.Zero, [Node(2)]);
        Assert.Single(enough.Record.Amendments);
        var off = new RunLedger(enough.Record with { State = RunState.Training, Suspects = record.Suspects, Amendments = [], Request = enough.Record.Request! with { QuarantinesMax = 0 } });
        off.Recover(TimeSpan.Zero, [Node(2)]);
        Assert.Empty(off.Record.Amendments);
    }

    [Fact]
    public void Slot_ThatAPersonWantsInQuarantine_IsRefused()
    {
        var ledger = Begun(Record(), 1);
        var amendment = new Amendment { From = new StepNumber(6), End = new StepNumber(10), Slot = 1, Reason = "a test" };
        Assert.Contains("by the run itself", Assert.Throws<RunRefusedException>(() => ledger.Amend(amendment)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Node_ThatWasAskedToEnd_IsNoDeath()
    {
        foreach (bool isAsked in new[] { true, false })
        {
            var ledger = Begun(Record(), 1);
            ledger.TrainerOpened(TimeSpan.Zero, Ready(ledger, 1));
            ledger.NodesChanged(TimeSpan.Zero, [new RosterNode(new NodeName("b"), 1, 1)], isAsked ? [new NodeName("a")] : []);
            Assert.Equal(isAsked ? 0 : 4, ledger.Record.Suspects.Count(suspect => suspect.Deaths > 0));
        }
    }

    /// <summary>Lets a node be the coordinator, the shards and the trainer, until it dies with the lease after those that it has done.</summary>
    /// <returns>What was durable then.</returns>
    private static RunRecord LiveUntilDeath(RunRecord record, int generation, string first, string[] done)
    {
        var ledger = Begun(record, generation);
        var actions = ledger.TrainerOpened(TimeSpan.Zero, Ready(ledger, generation));
        Assert.Equal(first, Leases(actions).First());
        foreach (string slots in done)
        {
            actions = ledger.LeaseEnded(TimeSpan.Zero, new LeaseReport
            {
                View = ledger.Record.View, Step = ledger.Record.Step, Slots = Names.Slots(slots), Trainer = Trainer, Incarnation = Names.Life(generation), Outcome = LeaseOutcome.Done,
            });
        }
        Assert.NotEmpty(Leases(actions));
        return actions.OfType<RunAction.Persist>().Last().Record;
    }

    private static IEnumerable<string> Leases(IReadOnlyList<RunAction> actions) =>
        actions.OfType<RunAction.OfStep>().Select(action => action.Action).OfType<StepAction.IssueLease>().Select(issue => issue.Lease.Slots.ToString());

    private static RunLedger Begun(RunRecord record, int generation)
    {
        var ledger = new RunLedger(record);
        ledger.Recover(TimeSpan.Zero, [Node(generation)]);
        // A new process holds nothing, and begins with the checkpoint.
        ledger.ShardOpened(TimeSpan.Zero, new ShardOpened { View = ledger.Record.View, Shard = ShardIndex.Lead, Version = null });
        ledger.CheckpointFound(TimeSpan.Zero, ledger.Record.View, new FoundCheckpoint(null, "checkpoint", record.Step, null, []), problem: null);
        ledger.ShardOpened(TimeSpan.Zero, new ShardOpened { View = ledger.Record.View, Shard = ShardIndex.Lead, Version = record.Step });
        Assert.Equal(RunState.Training, ledger.Record.State);
        return ledger;
    }

    private static RosterNode Node(int generation) => new(Trainer.Node, generation, DeviceCount: 1);

    private static TrainerOpened Ready(RunLedger ledger, int generation) =>
        new() { View = ledger.Record.View, Trainer = Trainer, Incarnation = Names.Life(generation), Profile = null };

    private static RunRecord Record() => new()
    {
        Request = new RunRequest
        {
            Spec = PlainRun.Spec with { SampleCount = 1000, SlotCount = 4, SlotSize = 2 },
            CheckpointFolder = "checkpoints",
            ShardCount = 1,
        },
        State = RunState.Training,
        View = new ViewNumber(1),
        Step = new StepNumber(4),
        Owners = [Trainer.Node],
    };
}
