using System.Globalization;
using OrleansBlip.Grains.Placement;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Trainers;

/// <summary>A trainer's name in the cluster: a façade over <see cref="HostedTrainer"/>.</summary>
[GrainType("blip-trainer"), PinnedPlacement, KeepAlive]
internal sealed class TrainerGrain : Grain, ITrainer
{
    private readonly TrainingHost _host;
    private readonly RunId _run;
    private readonly TrainerId _id;

    public TrainerGrain(IGrainContext context, TrainingHost host)
    {
        _host = host;
        string[] parts = context.GrainId.Key.ToString()!.Split('/');
        _run = RunId.Parse(parts[1]);
        _id = new TrainerId(new NodeName(parts[0]), int.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    public Task Open(TrainerAssignment assignment)
    {
        if (_id.Device >= _host.DeviceCount) throw new RunRefusedException($"Node '{_id.Node}' has {_host.DeviceCount} devices, there is no device {_id.Device}.");
        _ = _host.Trainer(_run, _id).OpenAsync(assignment);
        return Task.CompletedTask;
    }

    public Task<LeaseAnswer> Lease(Lease lease) => Task.FromResult(_host.FindTrainer(_run, _id)?.Offer(lease) ?? LeaseAnswer.NotJoined);

    public Task Close(ViewNumber view) => _host.CloseTrainerAsync(_run, _id, view);
}
