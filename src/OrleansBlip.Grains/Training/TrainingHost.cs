using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training.Shards;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Grains.Training.Trainers;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training;

/// <summary>All shards and trainers of a node. Tensors and threads live here, once per silo; the grains are their names in the cluster.</summary>
internal sealed partial class TrainingHost : IAsyncDisposable
{
    private static readonly TimeSpan LeavePause = TimeSpan.FromMilliseconds(100), LeaveCallPatience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(RunId Run, ShardIndex Shard), HostedShard> _shards = new();
    private readonly ConcurrentDictionary<(RunId Run, TrainerId Trainer), HostedTrainer> _trainers = new();
    private readonly ConcurrentDictionary<RunId, VersionPuller> _pullers = new();
    private readonly ShardServices _shardServices;
    private readonly TrainerServices _trainerServices;
    private readonly Heartbeat _heartbeat;

    public TrainingHost(ISlotComputerFactory factory, DevicePool devices, IGrainFactory grains, ShardLinks links, Delivery delivery, TrainingInstruments instruments, TimeProvider time, ILoggerFactory loggers)
    {
        _shardServices = new ShardServices(factory, new InitialDraws(factory, devices), delivery, instruments, time, loggers.CreateLogger<HostedShard>());
        _trainerServices = new TrainerServices(factory, devices, grains, links, delivery, instruments, time, loggers.CreateLogger<HostedTrainer>());
        _heartbeat = new Heartbeat(grains, () => _shards.Keys.Select(key => key.Run).Concat(_trainers.Keys.Select(key => key.Run)), time, loggers.CreateLogger<Heartbeat>());
    }

    /// <summary>Devices of this node.</summary>
    public int DeviceCount => _trainerServices.Devices.Count;

    /// <summary>Runs that have shards or trainers here.</summary>
    public IReadOnlySet<RunId> Runs => _shards.Keys.Select(key => key.Run).Concat(_trainers.Keys.Select(key => key.Run)).ToHashSet();

    /// <summary>A shard held here, or null.</summary>
    public HostedShard? FindShard(RunId run, ShardIndex shard) => _shards.GetValueOrDefault((run, shard));

    /// <summary>A shard, made if it is not held here yet.</summary>
    public HostedShard Shard(RunId run, ShardIndex shard) => _shards.GetOrAdd(
        (run, shard), key => new HostedShard(
            $"{key.Run}/{key.Shard}",
            key.Shard,
            _trainerServices.Grains.GetGrain<ICoordinator>(key.Run.Value),
            node => _trainerServices.Grains.GetGrain<IParameterShard>(key.Shard.GrainKey(node, key.Run)),
            // Nothing is pulled on it: the shape matters no further.
            (node, length) => _trainerServices.Links.To(key.Run, node, key.Shard, new ShardShape(0, length, QueueCapacity: 0, QueueWidth: 1)),
            _shardServices));

    /// <summary>A trainer at work here, or null.</summary>
    public HostedTrainer? FindTrainer(RunId run, TrainerId trainer) => _trainers.GetValueOrDefault((run, trainer));

    /// <summary>A trainer, made if it is not at work here yet.</summary>
    public HostedTrainer Trainer(RunId run, TrainerId trainer) => _trainers.GetOrAdd(
        (run, trainer), key => new HostedTrainer(key.Run, key.Trainer, _pullers.GetOrAdd(key.Run, _ => new VersionPuller(_trainerServices.Delivery)), _trainerServices));

    /// <summary>Frees a shard, unless a view above <paramref name="view"/> has opened it again.</summary>
    public async Task CloseShardAsync(RunId run, ShardIndex shard, ViewNumber view)
    {
        if (FindShard(run, shard) is not { } found || !found.MayCloseAt(view) || !_shards.TryRemove((run, shard), out _)) return;
        await found.DisposeAsync();
        await CloseLinksAsync(run);
    }

    /// <summary>Frees a trainer, unless a view above <paramref name="view"/> has opened it again.</summary>
    public async Task CloseTrainerAsync(RunId run, TrainerId trainer, ViewNumber view)
    {
        if (FindTrainer(run, trainer) is not { } found || !found.MayCloseAt(view) || !_trainers.TryRemove((run, trainer), out _)) return;
        await found.DisposeAsync();
        if (!_trainers.Keys.Any(key => key.Run == run)) _pullers.TryRemove(run, out _);
        await CloseLinksAsync(run);
    }

    /// <summary>Asks all runs that have something here to go on without this node, until they do.</summary>
    /// <param name="node">This node.</param>
    /// <param name="patience">How long to ask: a step and perhaps a checkpoint have to end first.</param>
    /// <returns>The runs that still count on it.</returns>
    public async Task<IReadOnlyCollection<RunId>> LeaveAsync(NodeName node, TimeSpan patience)
    {
        var time = _trainerServices.Time;
        long start = time.GetTimestamp();
        HashSet<RunId> counting = [.. Runs];
        while (counting.Count > 0 && time.GetElapsedTime(start) < patience)
        {
            var answers = await Task.WhenAll(counting.Select(run => MayLeaveAsync(run, node, time)));
            counting.ExceptWith(answers.OfType<RunId>());
            if (counting.Count > 0) await Task.Delay(LeavePause, time);
        }
        return counting;
    }

    /// <summary>Ends all trainers, then all shards.</summary>
    public async ValueTask DisposeAsync()
    {
        _heartbeat.Dispose();
        foreach (var (key, trainer) in _trainers) if (_trainers.TryRemove(key, out _)) await trainer.DisposeAsync();
        foreach (var (key, shard) in _shards) if (_shards.TryRemove(key, out _)) await shard.DisposeAsync();
    }

    /// <summary>The run, where it counts on the node no more; null where it does, or where its coordinator does not answer at the moment.</summary>
    private async Task<RunId?> MayLeaveAsync(RunId run, NodeName node, TimeProvider time)
    {
        try
        {
            return await _trainerServices.Grains.GetGrain<ICoordinator>(run.Value).Leave(node).WaitAsync(LeaveCallPatience, time) ? run : null;
        }
        catch (Exception exception)
        {
            LogUnheard(_trainerServices.Logger, run, exception.Message);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The coordinator of run {Run} does not answer to this node's farewell: {Problem}")]
    private static partial void LogUnheard(ILogger logger, RunId run, string problem);

    /// <summary>Closes the run's connections to other nodes where nothing of it is left here.</summary>
    private async Task CloseLinksAsync(RunId run)
    {
        if (!_trainers.Keys.Any(key => key.Run == run) && !_shards.Keys.Any(key => key.Run == run)) await _trainerServices.Links.CloseAsync(run);
    }
}
