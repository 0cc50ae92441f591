using System.Globalization;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Grains.Training.Shards;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training;

/// <summary>
/// Scenarios of a parameter shard: <c>push SLOTS from TRAINER [life N] [view N] [step N] [corrupt|short]</c>, <c>apply|skip|retry [view N] [step N] [checkpoint] [amended]</c>,
/// <c>reopen view N [backed up | as backup] [afresh] [saving N]</c>; with backups <c>mirrored [view N] [step N]</c> (the backup holds the sum) and, at a backup,
/// <c>sum DIGEST [view N] [step N] [corrupt|short]</c>.
/// </summary>
internal sealed class ShardScenario : IScenario
{
    private readonly ReductionTree _tree;
    private readonly ShardLedger _ledger;

    public ShardScenario(string heading)
    {
        var line = new ScenarioLine(heading);
        _tree = new ReductionTree((int)line.Number("slots")!);
        _ledger = new ShardLedger(_tree, new ViewNumber(line.Number("view") ?? 1), new StepNumber(line.Number("step") ?? 0), Role(line));
    }

    public IReadOnlyList<string> Tell(string text)
    {
        var line = new ScenarioLine(text);
        var view = new ViewNumber(line.Number("view") ?? _ledger.View.Value);
        var step = new StepNumber(line.Number("step") ?? _ledger.Step.Value);
        switch (line.Verb)
        {
            case "push":
                var defect = line.Has("corrupt") ? PushOutcome.BadChecksum : line.Has("short") ? PushOutcome.BadShape : (PushOutcome?)null;
                var (answer, actions) = _ledger.Push(view, step, Names.Node(_tree, line.Subject), Names.Trainer(line.Text("from")!), Names.Life(line.Number("life") ?? 1), defect);
                return [Say(answer), .. actions.Select(Say)];
            case "reopen":
                var saving = line.Number("saving") is { } version ? new StepNumber(version) : (StepNumber?)null;
                return _ledger.Reopen(view, Role(line), line.Has("afresh"), saving) is { } reopened ? ["reopened", .. reopened.Select(Say)] : [$"fenced: view {_ledger.View} is past"];
            case "mirrored":
                return _ledger.Mirrored(view, step) is { Count: > 0 } votes ? [.. votes.Select(Say)] : ["nothing"];
            case "sum":
                var wrong = line.Has("corrupt") ? MirrorOutcome.BadChecksum : line.Has("short") ? MirrorOutcome.BadShape : (MirrorOutcome?)null;
                var (mirrored, kept) = _ledger.Mirror(view, step, ulong.Parse(line.Subject, CultureInfo.InvariantCulture), wrong);
                return [Say(mirrored), .. kept.Select(Say)];
            default:
                var kind = Enum.Parse<VerdictKind>(line.Verb, ignoreCase: true);
                var verdict = new Verdict { View = view, Step = step, Kind = kind, SquaredNorm = 25, Checkpoint = line.Has("checkpoint"), IsAmended = line.Has("amended") };
                var (outcome, carriedOut) = _ledger.Decide(verdict);
                return [Say(outcome), .. carriedOut.Select(Say)];
        }
    }

    private static ShardRole Role(ScenarioLine line) => line.Has("backed") ? ShardRole.OwnerWithBackup : line.Has("backup") ? ShardRole.Backup : ShardRole.Owner;

    private static string Say(MirrorOutcome outcome) => outcome switch
    {
        MirrorOutcome.BadChecksum => "bad checksum",
        MirrorOutcome.BadShape => "bad shape",
        _ => outcome.ToString().ToLowerInvariant(),
    };

    private static string Say(VerdictOutcome outcome) => outcome switch
    {
        VerdictOutcome.Done => "done",
        VerdictOutcome.NotSealed => "not sealed",
        _ => "fenced",
    };

    private static string Say(PushAnswer answer) => answer.Outcome switch
    {
        PushOutcome.Stale => $"stale: step {answer.Step} is being collected",
        PushOutcome.Fenced => $"fenced: the view is {answer.View}",
        PushOutcome.BadChecksum => "bad checksum",
        PushOutcome.BadShape => "bad shape",
        _ => answer.Outcome.ToString().ToLowerInvariant(),
    };

    private string Say(ShardAction action) => action switch
    {
        ShardAction.Store store => $"store {_tree.Slots(store.Node)}",
        ShardAction.Discard discard => $"discard {_tree.Slots(discard.Node)}",
        ShardAction.Add add => $"add {(add.From is { } from ? _tree.Slots(from).ToString() : "the block")} to {_tree.Slots(add.Into)}: {_tree.Slots(add.Parent)}",
        ShardAction.Mirror => "give the sum to the backup",
        ShardAction.Vote => "vote",
        ShardAction.Apply apply => string.Create(CultureInfo.InvariantCulture, $"apply, norm² {apply.SquaredNorm}"),
        ShardAction.CarryOver => "carry over",
        ShardAction.Clear => "clear",
        ShardAction.Save => "save",
        _ => throw new InvalidOperationException($"No words for {action}."),
    };
}
