using OrleansBlip.Grains.Training.Runs;
using OrleansBlip.Grains.Training.Steps;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training.Runs;

/// <summary>A coordinator's successor goes on with what the shards hold, at whatever moment the one before was lost.</summary>
public sealed class RunLedgerTests
{
    private const int Shards = 2;
    private const long Steps = 10;

    private static readonly VerdictAnswer Done = new(VerdictOutcome.Done, 0);

    private static readonly RosterNode Node = new(new NodeName("a"), Generation: 1, DeviceCount: 1);

    [Fact]
    public void Votes_ThatComeBeforeAllShardsStandOpen_Count()
    {
        var ledger = new RunLedger(Record(step: 4, checkpoint: false));
        ledger.Recover(TimeSpan.Zero, [Node]);
        // Both shards were sealed when they were opened again: each votes before it reports, and does not vote twice.
        foreach (int shard in new[] { 0, 1 })
        {
            Assert.Empty(ledger.Sealed(TimeSpan.Zero, Seal(ledger, shard)));
            var answers = ledger.ShardOpened(TimeSpan.Zero, Opened(ledger, shard, version: 4));
            if (shard == 0) Assert.Empty(answers);
            else Assert.Contains(answers, action => action is RunAction.OfStep { Action: StepAction.Announce { Verdict: { Kind: VerdictKind.Apply, Step.Value: 4 } } });
        }
        Assert.Equal(new StepNumber(5), ledger.Record.Step);
    }

    [Fact]
    public void Votes_OfAViewBefore_AreForgotten()
    {
        var ledger = new RunLedger(Record(step: 4, checkpoint: false));
        ledger.Recover(TimeSpan.Zero, [Node]);
        foreach (int shard in new[] { 0, 1 })
        {
            ledger.Sealed(TimeSpan.Zero, Seal(ledger, shard) with { View = new ViewNumber(1) });
            ledger.ShardOpened(TimeSpan.Zero, Opened(ledger, shard, version: 4));
        }
        Assert.Equal((RunState.Training, new StepNumber(4)), (ledger.Record.State, ledger.Record.Step));
    }

    [Fact]
    public void Coordinator_WhoHearsOfAHigherView_StepsDown()
    {
        var ledger = new RunLedger(Record(step: 4, checkpoint: false));
        ledger.Recover(TimeSpan.Zero, [Node]);
        Assert.IsType<RunAction.StepDown>(Assert.Single(ledger.ShardOpened(TimeSpan.Zero, Opened(ledger, 0, version: 4) with { View = ledger.Record.View.Next })));
        Assert.DoesNotContain(ledger.ShardOpened(TimeSpan.Zero, Opened(ledger, 0, version: 4)), action => action is RunAction.StepDown);
    }

    [Fact]
    public void LastCheckpoint_WhoseCoordinatorWasLost_IsWrittenAgainAndEndsTheRun()
    {
        var ledger = new RunLedger(Record(step: Steps, checkpoint: true));
        var opens = ledger.Recover(TimeSpan.Zero, [Node]).OfType<RunAction.OpenShard>().ToArray();
        Assert.Equal(Shards, opens.Length);
        Assert.All(opens, open => Assert.Equal(new StepNumber(Steps), open.Assignment.SaveVersion));

        // One shard's part is written before the other stands open; the other has not heard the last verdict.
        Assert.Empty(ledger.ShardSaved(Saved(ledger, 0)));
        ledger.ShardOpened(TimeSpan.Zero, Opened(ledger, 0, version: Steps));
        var begun = ledger.ShardOpened(TimeSpan.Zero, Opened(ledger, 1, version: Steps - 1));
        var verdict = begun.OfType<RunAction.OfStep>().Select(action => action.Action).OfType<StepAction.Announce>().Single().Verdict;
        Assert.True(verdict.Checkpoint);
        ledger.VerdictAnswered(TimeSpan.Zero, new ShardReplica(new ShardIndex(1)), verdict, Done);

        var commit = Assert.IsType<RunAction.Commit>(Assert.Single(ledger.ShardSaved(Saved(ledger, 1))));
        Assert.Equal(["part-0", "part-1"], commit.Objects.Select(part => part.Name));
        Assert.Contains(ledger.CheckpointCommitted(commit.Version, "checkpoint"), action => action is RunAction.HashWeights { Checkpoint: "checkpoint" });
        ledger.Hashed("hash", null);
        Assert.Equal((RunState.Completed, "hash"), (ledger.Record.State, ledger.Record.WeightsSha256));
    }

    [Fact]
    public void Checkpoint_WhosePartsComeAfterThoseOfALaterOne_IsDropped()
    {
        var ledger = new RunLedger(Record(step: 2, checkpoint: false) with { Request = Record(2, false).Request! with { CheckpointInterval = 2 } });
        ledger.Recover(TimeSpan.Zero, [Node]);
        foreach (int shard in new[] { 0, 1 }) ledger.ShardOpened(TimeSpan.Zero, Opened(ledger, shard, version: 2));
        while (ledger.Record.Step.Value < 6)
        {
            foreach (int shard in new[] { 0, 1 }) ledger.Sealed(TimeSpan.Zero, Seal(ledger, shard));
            foreach (int shard in new[] { 0, 1 }) ledger.VerdictAnswered(TimeSpan.Zero, new ShardReplica(new ShardIndex(shard)), ledger.Record.Last!, Done);
        }
        Assert.Empty(ledger.ShardSaved(Saved(ledger, 0, version: 4)));
        Assert.Empty(ledger.ShardSaved(Saved(ledger, 0)));
        Assert.Equal(new StepNumber(6), Assert.IsType<RunAction.Commit>(Assert.Single(ledger.ShardSaved(Saved(ledger, 1)))).Version);
        Assert.Empty(ledger.ShardSaved(Saved(ledger, 1, version: 4)));
    }

    [Fact]
    public void Run_KilledWhileItAwaitsACheckpointToGoBackTo_StaysKilled()
    {
        var request = Record(2, false).Request! with { CheckpointInterval = 3, SkipsInRowMax = 1 };
        var ledger = new RunLedger(Record(step: 2, checkpoint: false) with { Request = request });
        ledger.Recover(TimeSpan.Zero, [Node]);
        foreach (int shard in new[] { 0, 1 }) ledger.ShardOpened(TimeSpan.Zero, Opened(ledger, shard, version: 2));
        Decide(finite: true);
        Decide(finite: false);
        Assert.Equal(RunState.Training, ledger.Record.State); // the checkpoint of step 3 is on its way
        Assert.Empty(ledger.ShardSaved(Saved(ledger, 0, version: 3)));
        var commit = Assert.IsType<RunAction.Commit>(Assert.Single(ledger.ShardSaved(Saved(ledger, 1, version: 3))));
        ledger.Kill();
        ledger.CheckpointCommitted(commit.Version, "checkpoint");
        Assert.Equal((RunState.Stopped, "checkpoint"), (ledger.Record.State, ledger.Record.Checkpoint));
        Assert.Empty(ledger.Record.Amendments);

        void Decide(bool finite)
        {
            foreach (int shard in new[] { 0, 1 }) ledger.Sealed(TimeSpan.Zero, Seal(ledger, shard) with { Finite = finite });
            foreach (int shard in new[] { 0, 1 }) ledger.VerdictAnswered(TimeSpan.Zero, new ShardReplica(new ShardIndex(shard)), ledger.Record.Last!, Done);
        }
    }

    [Fact]
    public void Checkpoint_ThatIsCommitted_IsNotWrittenAgain()
    {
        var ledger = new RunLedger(Record(step: Steps, checkpoint: true) with { Checkpoint = "checkpoint", CheckpointStep = new StepNumber(Steps) });
        Assert.All(ledger.Recover(TimeSpan.Zero, [Node]).OfType<RunAction.OpenShard>(), open => Assert.Null(open.Assignment.SaveVersion));
        ledger.ShardOpened(TimeSpan.Zero, Opened(ledger, 0, version: Steps));
        Assert.Contains(ledger.ShardOpened(TimeSpan.Zero, Opened(ledger, 1, version: Steps)), action => action is RunAction.HashWeights);
    }

    [Fact]
    public void Device_OfAnotherProfile_TakesNoPart()
    {
        var ledger = new RunLedger(Record(step: 4, checkpoint: false));
        var node = Node with { DeviceCount = 2 };
        ledger.Recover(TimeSpan.Zero, [node]);
        foreach (int shard in new[] { 0, 1 }) ledger.ShardOpened(TimeSpan.Zero, Opened(ledger, shard, version: 4));

        Assert.Contains(ledger.TrainerOpened(TimeSpan.Zero, Ready(ledger, 0, "AVX2")), action => action is RunAction.Persist { Record.Profile.InstructionSet: "AVX2" });
        Assert.DoesNotContain(ledger.TrainerOpened(TimeSpan.Zero, Ready(ledger, 1, "AVX512")), action => action is RunAction.OfStep);
        Assert.Equal(
            "Device a/1 computes otherwise than the run and takes no part (instruction set: AVX512 here, AVX2 in the run).",
            ledger.Record.Problem);
        Assert.Equal((RunState.Training, 1), (ledger.Record.State, ledger.Status.TrainerCount));

        Assert.Empty(ledger.TrainerOpened(TimeSpan.Zero, Ready(ledger, 0, "AVX2")).OfType<RunAction.Persist>());
    }

    [Fact]
    public void Data_ThatNoDeviceCanRead_IsWaitedFor_AndTriedAgain()
    {
        var ledger = new RunLedger(Record(step: 4, checkpoint: false));
        ledger.Recover(TimeSpan.Zero, [Node]);
        foreach (int shard in new[] { 0, 1 }) ledger.ShardOpened(TimeSpan.Zero, Opened(ledger, shard, version: 4));
        var ready = Ready(ledger, 0, "AVX2");
        Assert.Single(ledger.TrainerOpened(TimeSpan.Zero, ready), IsLease);
        for (int attempt = 0; attempt < 2; attempt++) Assert.Single(ledger.LeaseEnded(TimeSpan.Zero, Unreadable(ready)), IsLease);
        Assert.DoesNotContain(ledger.LeaseEnded(TimeSpan.Zero, Unreadable(ready)), IsLease);
        Assert.Equal(
            (RunState.Training, 0, "No device can read the samples of step 4: web-3.tar is gone. The run waits, and tries again every 5 s.", "readable samples for step 4"),
            (ledger.Record.State, ledger.Status.TrainerCount, ledger.Record.Problem, ledger.Awaited));

        ledger.Tick(TimeSpan.FromSeconds(10));
        Assert.Empty(ledger.Tick(TimeSpan.FromSeconds(14)).OfType<RunAction.OpenTrainer>());
        Assert.Single(ledger.Tick(TimeSpan.FromSeconds(15)).OfType<RunAction.OpenTrainer>());
        Assert.Single(ledger.TrainerOpened(TimeSpan.FromSeconds(16), ready), IsLease);
        foreach (int shard in new[] { 0, 1 }) ledger.Sealed(TimeSpan.FromSeconds(17), Seal(ledger, shard));
        Assert.Equal((new StepNumber(5), null), (ledger.Record.Step, ledger.Record.Problem));

        static bool IsLease(RunAction action) => action is RunAction.OfStep { Action: StepAction.IssueLease };
    }

    [Fact]
    public void Device_ThatFailsForGood_EndsARunThatHasNoOther_ButNotOneWhoseOthersOnlyCannotRead()
    {
        foreach (bool isOtherReading in new[] { true, false })
        {
            var ledger = new RunLedger(Record(step: 4, checkpoint: false));
            ledger.Recover(TimeSpan.Zero, [Node with { DeviceCount = 2 }]);
            foreach (int shard in new[] { 0, 1 }) ledger.ShardOpened(TimeSpan.Zero, Opened(ledger, shard, version: 4));
            foreach (int device in new[] { 0, 1 }) ledger.TrainerOpened(TimeSpan.Zero, Ready(ledger, device, "AVX2"));
            for (int attempt = 0; attempt < 3; attempt++) ledger.LeaseEnded(TimeSpan.Zero, Unreadable(Ready(ledger, 1, "AVX2")) with { Outcome = isOtherReading ? LeaseOutcome.Unreadable : LeaseOutcome.Failed });
            for (int attempt = 0; attempt < 3; attempt++) ledger.LeaseEnded(TimeSpan.Zero, Unreadable(Ready(ledger, 0, "AVX2")) with { Outcome = LeaseOutcome.Failed });
            Assert.Equal(isOtherReading ? RunState.Training : RunState.Failed, ledger.Record.State);
        }
    }

    [Fact]
    public void Checkpoint_OfAnotherProfile_IsRefused()
    {
        var ledger = new RunLedger(Record(step: 4, checkpoint: false) with { Profile = Profile("AVX2") });
        ledger.Recover(TimeSpan.Zero, []);
        ledger.NodesChanged(TimeSpan.Zero, [Node]);
        ledger.CheckpointFound(TimeSpan.Zero, ledger.Record.View, new FoundCheckpoint(null, "checkpoint", new StepNumber(3), Profile("AVX512"), []), problem: null);
        Assert.Equal(RunState.Failed, ledger.Record.State);
        Assert.Equal("The checkpoint checkpoint is of another arithmetic (instruction set: AVX512 here, AVX2 in the run).", ledger.Record.Problem);
    }

    [Fact]
    public void Checkpoint_OfARunWithoutProfile_GivesItsOwn()
    {
        var ledger = new RunLedger(Record(step: 4, checkpoint: false));
        ledger.Recover(TimeSpan.Zero, []);
        ledger.NodesChanged(TimeSpan.Zero, [Node]);
        ledger.CheckpointFound(TimeSpan.Zero, ledger.Record.View, new FoundCheckpoint(null, "checkpoint", new StepNumber(3), Profile("AVX512"), []), problem: null);
        Assert.Equal((RunState.Starting, "AVX512"), (ledger.Record.State, ledger.Record.Profile?.InstructionSet));
    }

    private static NumericProfile Profile(string instructionSet) =>
        new() { Library = "libtorch", InstructionSet = instructionSet, ThreadsPerDevice = 1, Decoder = "Skia", CanarySha256 = new string('0', 64) };

    private static TrainerOpened Ready(RunLedger ledger, int device, string instructionSet) => new()
    {
        View = ledger.Record.View,
        Trainer = new TrainerId(Node.Name, device),
        Incarnation = new Incarnation(new Guid(device, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0])),
        Profile = Profile(instructionSet),
    };

    private static LeaseReport Unreadable(TrainerOpened trainer) => new()
    {
        View = trainer.View,
        Step = new StepNumber(4),
        Slots = new SlotRange(0, 1),
        Trainer = trainer.Trainer,
        Incarnation = trainer.Incarnation,
        Outcome = LeaseOutcome.Unreadable,
        Problem = "web-3.tar is gone",
    };

    /// <summary>What a coordinator left that was lost in training, after its verdict on the step before.</summary>
    private static RunRecord Record(long step, bool checkpoint) => new()
    {
        Request = new RunRequest
        {
            Spec = PlainRun.Spec with { Steps = Steps },
            CheckpointFolder = "checkpoints",
        },
        State = RunState.Training,
        View = new ViewNumber(1),
        Step = new StepNumber(step),
        Owners = [.. Enumerable.Repeat(Node.Name, Shards)],
        Last = new Verdict { View = new ViewNumber(1), Step = new StepNumber(step - 1), Kind = VerdictKind.Apply, SquaredNorm = 1, Checkpoint = checkpoint },
    };

    private static ShardOpened Opened(RunLedger ledger, int shard, long version) =>
        new() { View = ledger.Record.View, Shard = new ShardIndex(shard), Version = new StepNumber(version) };

    private static Seal Seal(RunLedger ledger, int shard) =>
        new() { View = ledger.Record.View, Step = ledger.Record.Step, Shard = new ShardIndex(shard), ChunkSquaredNorms = [1], Finite = true, Digest = 1 };

    private static ShardSaved Saved(RunLedger ledger, int shard, long? version = null) => new()
    {
        View = ledger.Record.View,
        Version = version is { } step ? new StepNumber(step) : ledger.Record.Step,
        Shard = new ShardIndex(shard),
        Objects = [new SavedObject($"part-{shard}", 1, new string('0', 64))],
    };
}
