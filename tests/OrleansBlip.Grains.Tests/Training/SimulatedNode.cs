using OrleansBlip.Grains.Training.Runs;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training;

/// <summary>A node in a simulation: what it holds is gone when it dies.</summary>
internal sealed class SimulatedNode(string name, ISimulatedRun run)
{
    public NodeName Name { get; } = new(name);

    public int Generation { get; private set; } = 1;

    public bool IsAlive { get; private set; } = true;

    public Dictionary<ShardIndex, LedgerShard> Shards { get; } = [];

    public SimulatedTrainer Trainer { get; } = new(Names.Trainer(name), run);

    public ViewNumber TrainerView { get; set; }

    public RosterNode Roster => new(Name, Generation, DeviceCount: 1);

    public void Die()
    {
        IsAlive = false;
        Shards.Clear();
        Trainer.Die();
        TrainerView = default;
    }

    public void Return()
    {
        IsAlive = true;
        Generation++;
    }
}
