using Microsoft.Extensions.Logging;
using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Grains.Faults;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Shards;

/// <summary>What a shard's owner and its backup say to each other.</summary>
internal sealed partial class HostedShard
{
    /// <summary>A backup that has not heard of the verdict before is given the sum again after this time.</summary>
    private static readonly TimeSpan BehindPause = TimeSpan.FromMilliseconds(10);

    /// <summary>And one that it arrived damaged at, after this time.</summary>
    private static readonly TimeSpan DamagedPause = TimeSpan.FromSeconds(1);

    private NodeName? _backup;

    /// <summary>The owner's sum of a step comes in. When the task ends, the backup reads the block's memory no more, unless it has kept what it was given.</summary>
    public Task<MirrorOutcome> MirrorAsync(SumBlock block, BlockArrival? arrival = null) => _worker.RunAsync(() => Mirror(block, arrival));

    /// <summary>A new backup asks for a part of the content; null while the shard does not stand open under the request's view.</summary>
    public Task<ShardPart?> PartAsync(ShardPartRequest request) => _worker.RunAsync(() => Part(request));

    private static ShardRole RoleOf(ShardAssignment assignment) =>
        assignment.Owner is not null ? ShardRole.Backup : assignment.Backup is not null ? ShardRole.OwnerWithBackup : ShardRole.Owner;

    /// <summary>What owner and backup compare; not computed where there is nobody to compare with.</summary>
    private ulong DigestOrNone() => _ledger!.Role == ShardRole.Owner ? 0 : _digest ??= _memory!.Digest();

    private void Fill(ShardAssignment assignment, RunModel model, ShardCopy copy)
    {
        Hold(assignment, model, copy.ToContent(model, _shard, assignment.ShardCount), copy.Version);
        if (copy.Sum is not { } sum) return;
        var (_, actions) = _ledger!.Mirror(assignment.View, copy.Version, sum.Checksum);
        _memory!.Note(sum.Reports, sum.Features);
        Do(actions, sum.Values.Values);
    }

    private ShardPart? Part(ShardPartRequest request)
    {
        if (_ledger?.View != request.View || _ledger.Role == ShardRole.Backup) return null;
        var part = ShardCopy.Give(request.Kind, request.Start, _memory!, _ledger.Phase != ShardPhase.Collecting);
        Failpoints.Pass(Failpoint.PartGiven);
        return part;
    }

    private MirrorOutcome Mirror(SumBlock block, BlockArrival? arrival)
    {
        var (outcome, isKept) = TryMirror(block, arrival);
        if (!isKept) arrival?.Memory.Release();
        return outcome;
    }

    private (MirrorOutcome Outcome, bool IsKept) TryMirror(SumBlock block, BlockArrival? arrival)
    {
        if (_ledger is null || _memory is null) return (MirrorOutcome.Behind, false);
        bool isExpected = block.View == _ledger.View && block.Step == _ledger.Step;
        var (outcome, actions) = _ledger.Mirror(block.View, block.Step, block.Checksum, isExpected ? DefectOf(block, arrival) : null);
        if (actions.Count > 0) _memory.Note(block.Reports, block.Features);
        bool isKept = Do(actions, block.Sum.Values, arrival?.Memory);
        Failpoints.Pass(Failpoint.SumHeld);
        return (outcome, isKept);
    }

    private MirrorOutcome? DefectOf(SumBlock block, BlockArrival? arrival)
    {
        if (block.Sum.Length != _memory!.Length) return MirrorOutcome.BadShape;
        return ChecksumOf(block.Sum, arrival) == block.Checksum ? null : MirrorOutcome.BadChecksum;
    }

    /// <summary>Gives the sum to the backup, however often it takes while the step is under way; then the shard votes.</summary>
    private async Task GiveSumAsync(NodeName backup, SumBlock block)
    {
        var link = _linkTo(backup, block.Sum.Length);
        bool IsWanted() => IsAt(block.View) && Volatile.Read(ref _step) == block.Step.Value;
        while (true)
        {
            var outcome = await _services.Delivery.UntilHeardAsync<MirrorOutcome?>(
                $"Sum of shard {_shard} for its backup",
                async () =>
                {
                    Failpoints.Pass(Failpoint.SumBefore);
                    return await link.MirrorAsync(block, CancellationToken.None);
                },
                IsWanted);
            switch (outcome)
            {
                case null or MirrorOutcome.Fenced:
                    return;
                case MirrorOutcome.Held:
                    await _worker.RunAsync(() => Do(_ledger!.Mirrored(block.View, block.Step), sum: default));
                    return;
                case MirrorOutcome.Behind:
                    await Task.Delay(BehindPause, _services.Time);
                    break;
                default:
                    LogSumRefused(_services.Logger, _shard, block.Step, outcome.Value);
                    await Task.Delay(DamagedPause, _services.Time);
                    break;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The backup of shard {Shard} refuses the sum of step {Step}: {Outcome}.")]
    private static partial void LogSumRefused(ILogger logger, ShardIndex shard, StepNumber step, MirrorOutcome outcome);
}
