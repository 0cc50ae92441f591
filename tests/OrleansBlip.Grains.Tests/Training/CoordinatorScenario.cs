using System.Globalization;
using OrleansBlip.Grains.Training.Leases;
using OrleansBlip.Grains.Training.Steps;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training;

/// <summary>
/// Scenarios of a coordinator: <c>begin view N step N [behind SHARD]</c>, <c>ready|lost|died TRAINER [life N]</c>, <c>done|failed|unreadable|overtaken TRAINER SLOTS [at SLOT] [step N] [in MS]</c>,
/// <c>seal SHARD [norm N | nan] [digest N] [step N] [view N]</c>, <c>confirm SHARD [backup] [digest N]</c>, <c>hold</c>, <c>wait MS</c> (time passes, then a tick), <c>awaits</c> (asks what the step waits for).
/// </summary>
internal sealed class CoordinatorScenario : IScenario
{
    private readonly StepLedger _ledger;
    private TimeSpan _now;
    private Verdict? _last;

    public CoordinatorScenario(string heading)
    {
        var line = new ScenarioLine(heading);
        _ledger = new StepLedger(new StepPolicy
        {
            SlotCount = (int)line.Number("slots")!,
            ShardCount = (int)line.Number("shards")!,
            HasBackups = line.Has("backups"),
            Steps = line.Number("steps") ?? 1000,
            CheckpointInterval = line.Number("checkpoint") ?? 0,
            SkipsInRowMax = (int)(line.Number("skips") ?? 5),
            QuarantinesMax = (int)(line.Number("quarantines") ?? 0),
            Amendments = line.Number("omit") is { } from ? [new Amendment { From = new(from), End = new(line.Number("before")!.Value), Reason = "a test" }] : [],
        });
    }

    public IReadOnlyList<string> Tell(string text)
    {
        if (text == "awaits") return [_ledger.Awaited ?? "nothing"];
        var line = new ScenarioLine(text);
        var actions = Feed(line);
        _last = actions.OfType<StepAction.Persist>().LastOrDefault()?.Verdict ?? _last;
        return actions.Count > 0 ? [.. actions.Select(Say)] : ["nothing"];
    }

    private IReadOnlyList<StepAction> Feed(ScenarioLine line)
    {
        var view = new ViewNumber(line.Number("view") ?? _ledger.View.Value);
        var step = new StepNumber(line.Number("step") ?? _ledger.Step.Value);
        switch (line.Verb)
        {
            case "begin":
                var last = new Verdict { View = view, Step = new StepNumber(step.Value - 1), Kind = VerdictKind.Apply };
                return line.Number("behind") is { } behind ? _ledger.Begin(_now, view, step, 0, last, new OpenReplica(new ShardReplica(new ShardIndex((int)behind)), last.Step)) : _ledger.Begin(_now, view, step);
            case "ready":
                return _ledger.TrainerReady(_now, Names.Trainer(line.Subject), Names.Life(line.Number("life") ?? 1));
            case "lost":
                return _ledger.TrainerLost(_now, Names.Trainer(line.Subject));
            case "died":
                return [.. _ledger.NodeDied(Names.Trainer(line.Subject).Node), .. _ledger.TrainerLost(_now, Names.Trainer(line.Subject))];
            case "hold":
                return _ledger.Hold();
            case "wait":
                _now += TimeSpan.FromMilliseconds(double.Parse(line.Subject, CultureInfo.InvariantCulture));
                return _ledger.Tick(_now);
            case "confirm":
                return _ledger.Confirmed(_now, new ShardReplica(Shard(line), line.Has("backup")), view, _last?.NextStep ?? step, (ulong)(line.Number("digest") ?? 1));
            case "seal":
                return _ledger.Sealed(_now, SealOf(line, view, step));
            default:
                return _ledger.LeaseEnded(_now, ReportOf(line, view, step));
        }
    }

    private static ShardIndex Shard(ScenarioLine line) => new(int.Parse(line.Subject, CultureInfo.InvariantCulture));

    private static Seal SealOf(ScenarioLine line, ViewNumber view, StepNumber step) => new()
    {
        View = view,
        Step = step,
        Shard = Shard(line),
        ChunkSquaredNorms = [line.Has("nan") ? double.NaN : line.Number("norm") ?? 1],
        Finite = !line.Has("nan"),
        Digest = (ulong)(line.Number("digest") ?? 1),
    };

    private static LeaseReport ReportOf(ScenarioLine line, ViewNumber view, StepNumber step) => new()
    {
        View = view,
        Step = step,
        Slots = Names.Slots(line.Text(line.Subject)!),
        Trainer = Names.Trainer(line.Subject),
        Incarnation = Names.Life(line.Number("life") ?? 1),
        Outcome = Enum.Parse<LeaseOutcome>(line.Verb, ignoreCase: true),
        Compute = TimeSpan.FromMilliseconds(line.Number("in") ?? 0),
        FailedSlot = (int?)line.Number("at"),
        Problem = line.Verb switch { "failed" => "out of memory", "unreadable" => "web-3.tar is gone", _ => null },
    };

    private static string Say(StepAction action) => action switch
    {
        StepAction.IssueLease issue => $"lease {issue.Lease.Slots} of step {issue.Lease.Step} to {issue.Trainer.Node}",
        StepAction.Persist persist => $"persist {Say(persist.Verdict)}",
        StepAction.Announce announce => $"tell {announce.Replica} {Say(announce.Verdict)}",
        StepAction.Record record => $"record step {record.Verdict.Step}",
        StepAction.Released released => $"released {released.Slots} of {released.From.Node}",
        StepAction.Expel expel => $"expel {expel.Trainer.Node}{(expel.IsPassing ? " for a while" : "")}: {expel.Problem}",
        StepAction.Differ differ => $"shard {differ.Shard} and its backup differ as version {differ.Version}",
        StepAction.Suspect suspect => suspect.Slots.IsEmpty ? "suspect none" : $"suspect {string.Join(", ", suspect.Slots.Select(Say))}",
        StepAction.Quarantine quarantine => $"quarantine {quarantine.Slot} of step {quarantine.Step}",
        StepAction.Rest rest => $"rest: {rest.Reason.ToString().ToLowerInvariant()}",
        _ => throw new InvalidOperationException($"No words for {action}."),
    };

    private static string Say(SuspectSlot slot) =>
        $"{slot.Slot} of step {slot.Step}"
        + (slot.Deaths > 0 ? $" (deaths {slot.Deaths}, alone {slot.DeathsAlone})" : "")
        + (slot.Holder is { } holder ? $" {(slot.IsAlone ? "alone " : "")}with {holder}" : "");

    private static string Say(Verdict verdict) =>
        string.Create(CultureInfo.InvariantCulture, $"{verdict.Kind.ToString().ToLowerInvariant()} {verdict.Step}")
        + (verdict.Kind == VerdictKind.Apply && verdict.SquaredNorm != 0 ? string.Create(CultureInfo.InvariantCulture, $" norm² {verdict.SquaredNorm}") : "")
        + (verdict.Kind == VerdictKind.Retry ? $" under view {verdict.View}" : "")
        + (verdict.IsAmended ? " by amendment" : "")
        + (verdict.Checkpoint ? " with checkpoint" : "");
}
