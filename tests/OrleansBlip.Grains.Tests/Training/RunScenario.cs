using System.Globalization;
using OrleansBlip.Grains.Training.Runs;
using OrleansBlip.Grains.Training.Steps;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training;

/// <summary>
/// Scenarios of a run, its devices left out: <c>start</c>, <c>successor [NODES]</c> (another coordinator takes over from what is durable), <c>nodes NODES</c> (those that there are; a#2 is
/// a in its second life), <c>found [STEP]</c>, <c>opened SHARD [backup] version N [digest N]</c>, <c>opened SHARD [backup] empty</c>, <c>seal SHARD [nan] [view N]</c>,
/// <c>done|notheld SHARD [backup] [digest N]</c>, <c>saved SHARD</c>, <c>unsaved SHARD [WHY]</c>, <c>committed STEP</c>, <c>unwritten STEP</c>, <c>leaves NODE</c> (it is about to end), <c>pause</c>, <c>kill</c>, <c>stalled</c>, <c>tick</c>, <c>wait MS</c> (time passes, then a tick); and <c>awaits</c>, which asks where it stands and what it waits for.
/// </summary>
internal sealed class RunScenario : IScenario
{
    private readonly RunRequest _request;
    private RunLedger _ledger = new(new RunRecord());
    private IReadOnlyCollection<RosterNode> _nodes;
    private TimeSpan _now;

    public RunScenario(string heading)
    {
        var line = new ScenarioLine(heading);
        _nodes = NodesOf(line.Text("nodes")!.Split(','));
        _request = new RunRequest
        {
            Spec = PlainRun.Spec with { Steps = line.Number("steps") ?? 100 },
            CheckpointFolder = "checkpoints",
            CheckpointInterval = line.Number("checkpoint") ?? 0,
            SkipsInRowMax = (int)(line.Number("skips") ?? 5),
            ShardCount = (int)line.Number("shards")!,
            Backups = (int)(line.Number("backups") ?? 1),
        };
        _ledger.Recover(TimeSpan.Zero, _nodes);
    }

    public IReadOnlyList<string> Tell(string text)
    {
        if (text == "awaits") return [$"{_ledger.Status.State.ToString().ToLowerInvariant()}, awaits {_ledger.Awaited ?? "nothing"}"];
        var actions = Feed(new ScenarioLine(text));
        return actions.Count > 0 ? [.. actions.Select(Say)] : ["nothing"];
    }

    private IReadOnlyList<RunAction> Feed(ScenarioLine line)
    {
        switch (line.Verb)
        {
            case "start":
                return _ledger.Start(_request);
            case "successor":
                if (line.Words(1).Any()) _nodes = NodesOf(line.Words(1));
                _ledger = new RunLedger(_ledger.Record);
                return _ledger.Recover(TimeSpan.Zero, _nodes);
            case "nodes":
                _nodes = NodesOf(line.Words(1));
                return _ledger.NodesChanged(TimeSpan.Zero, _nodes);
            case "found":
                var found = line.Words(1).FirstOrDefault() is { } step ? new FoundCheckpoint(null, $"step-{step}", new StepNumber(Number(step)), null, []) : null;
                return _ledger.CheckpointFound(TimeSpan.Zero, _ledger.Record.View, found, problem: null);
            case "leaves":
                return _ledger.NodeLeaves(TimeSpan.Zero, new NodeName(line.Subject));
            case "stalled":
                return _ledger.Stalled(TimeSpan.Zero);
            case "tick":
                return _ledger.Tick(_now);
            case "wait":
                _now += TimeSpan.FromMilliseconds(Number(line.Subject));
                return _ledger.Tick(_now);
            case "pause":
                return _ledger.Pause();
            case "kill":
                return _ledger.Kill();
            case "unwritten":
                return _ledger.CheckpointFailed(new StepNumber(Number(line.Subject)), "the disk is full");
            case "opened":
                StepNumber? version = line.Has("empty") ? null : new StepNumber(line.Number("version")!.Value);
                return _ledger.ShardOpened(TimeSpan.Zero, new ShardOpened { View = _ledger.Record.View, Shard = Shard(line), Version = version, IsBackup = line.Has("backup"), Digest = Digest(line) });
            case "seal":
                var view = new ViewNumber(line.Number("view") ?? _ledger.Record.View.Value);
                return _ledger.Sealed(TimeSpan.Zero, new Seal { View = view, Step = _ledger.Record.Step, Shard = Shard(line), ChunkSquaredNorms = [1], Finite = !line.Has("nan"), Digest = 1 });
            case "done" or "notheld":
                var outcome = line.Verb == "done" ? VerdictOutcome.Done : VerdictOutcome.NotHeld;
                var last = _ledger.Record.Last! with { View = _ledger.Record.View };
                return _ledger.VerdictAnswered(TimeSpan.Zero, new ShardReplica(Shard(line), line.Has("backup")), last, new VerdictAnswer(outcome, Digest(line)));
            case "unsaved":
                return _ledger.ShardSaved(new ShardSaved { View = _ledger.Record.View, Version = _ledger.Record.Step, Shard = Shard(line), Problem = string.Join(' ', line.Words(2).DefaultIfEmpty("the disk is full")) });
            case "saved":
                return _ledger.ShardSaved(new ShardSaved { View = _ledger.Record.View, Version = _ledger.Record.Step, Shard = Shard(line), Objects = [new SavedObject($"part-{line.Subject}", 1, "0")] });
            default:
                return _ledger.CheckpointCommitted(new StepNumber(Number(line.Subject)), $"step-{line.Subject}");
        }
    }

    private static RosterNode[] NodesOf(IEnumerable<string> names) =>
        [.. names.Select(name => name.Split('#')).Select(name => new RosterNode(new NodeName(name[0]), name.Length > 1 ? (int)Number(name[1]) : 1, DeviceCount: 0))];

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static ShardIndex Shard(ScenarioLine line) => new((int)Number(line.Subject));

    private static ulong Digest(ScenarioLine line) => (ulong)(line.Number("digest") ?? 1);

    private static string Say(RunAction action) => action switch
    {
        RunAction.Persist { Record: var record } => $"persist view {record.View}, step {record.Step}, {record.State.ToString().ToLowerInvariant()}{Say(record.Placement)}"
            + (record.Problem is { } problem ? $": {problem}" : ""),
        RunAction.FindCheckpoint => "find the newest checkpoint",
        RunAction.OpenShard open => $"open {open.Assignment.Shard} on {open.Node} {SayOrigin(open.Assignment)}",
        RunAction.Close close => $"close {string.Join(", ", close.Shards.Select(shard => $"{shard.Shard} on {shard.Node}"))}, up to view {close.View}",
        RunAction.Commit commit => $"commit {commit.Version}: {string.Join(", ", commit.Objects.Select(part => part.Name))}",
        RunAction.Discard discard => $"discard {string.Join(", ", discard.Objects.Select(part => part.Name))}",
        RunAction.HashWeights hash => $"hash {hash.Checkpoint}",
        RunAction.OfStep { Action: StepAction.Announce announce } => $"tell {announce.Replica} of {announce.Verdict.Step}",
        RunAction.OfStep { Action: StepAction.Record record } => $"record step {record.Verdict.Step}",
        _ => throw new InvalidOperationException($"No words for {action}."),
    };

    private static string SayOrigin(ShardAssignment assignment)
    {
        string role = assignment.Owner is { } owner ? $", backup of {owner}" : assignment.Backup is { } backup ? $", backed up by {backup}" : "";
        return $"from {assignment.Origin.ToString().ToLowerInvariant()}{role}" + (assignment.SaveVersion is { } version ? $", saving {version}" : "");
    }

    private static string Say(ShardPlacement placement)
    {
        if (placement.Owners.IsEmpty) return "";
        string owners = $", owned by {string.Join(' ', placement.Owners)}";
        return placement.Backups.IsEmpty ? owners : $"{owners}, backed up by {string.Join(' ', placement.Backups)}";
    }
}
