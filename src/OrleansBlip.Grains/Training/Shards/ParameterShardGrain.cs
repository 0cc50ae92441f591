using System.Globalization;
using Orleans.Concurrency;
using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Grains.Placement;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Shards;

/// <summary>A parameter shard's name in the cluster: a façade over <see cref="HostedShard"/>, whose thread keeps the order of calls.</summary>
[GrainType("blip-shard"), PinnedPlacement, KeepAlive, Reentrant]
internal sealed class ParameterShardGrain : Grain, IParameterShard
{
    private readonly TrainingHost _host;
    private readonly DataPlaneServer _dataPlane;
    private readonly RunId _run;
    private readonly ShardIndex _shard;

    public ParameterShardGrain(IGrainContext context, TrainingHost host, DataPlaneServer dataPlane)
    {
        _host = host;
        _dataPlane = dataPlane;
        string[] parts = context.GrainId.Key.ToString()!.Split('/');
        _run = RunId.Parse(parts[1]);
        _shard = new ShardIndex(int.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    public Task Open(ShardAssignment assignment)
    {
        _ = _host.Shard(_run, _shard).OpenAsync(assignment);
        return Task.CompletedTask;
    }

    public Task<VerdictAnswer> Decide(Verdict verdict) => _host.FindShard(_run, _shard)?.DecideAsync(verdict) ?? Task.FromResult(new VerdictAnswer(VerdictOutcome.NotHeld, 0));

    public Task<ShardPart?> Part(ShardPartRequest request) => _host.FindShard(_run, _shard)?.PartAsync(request) ?? Task.FromResult<ShardPart?>(null);

    public Task<StreamTicket?> Admit(ViewNumber view) => Task.FromResult(_host.FindShard(_run, _shard) is { } shard && shard.IsAt(view) ? _dataPlane.Admit(_run, _shard) : null);

    public Task Close(ViewNumber view) => _host.CloseShardAsync(_run, _shard, view);
}
