using System.Collections.Concurrent;
using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;
using TorchSharp;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>
/// Holds the first step of a run until all its trainers take part, and from the next one on each node that has computed a slot until all nodes have: the first trainer that is ready gets all
/// slots of its step, and might be through with a short run before others are. Whoever holds slots for too long loses them to those that have none.
/// </summary>
internal sealed class NodeGate(int nodes, int trainers) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ManualResetEventSlim _isComplete = new(), _allHaveComputed = new();
    private readonly ConcurrentDictionary<string, int> _slots = [];

    /// <summary>A device is about to compute a slot.</summary>
    public void Enter(string node, long step)
    {
        if (step == 0) Assert.True(_isComplete.Wait(Patience), "Not all trainers take part.");
        else if (_slots.ContainsKey(node)) Assert.True(_allHaveComputed.Wait(Patience), $"Only {string.Join(", ", _slots.Keys)} have computed.");
    }

    /// <summary>A device has computed a slot, or nothing keeps it from doing so any more.</summary>
    public void Leave(string node)
    {
        _slots.AddOrUpdate(node, 1, (_, count) => count + 1);
        if (_slots.Count == nodes) _allHaveComputed.Set();
    }

    /// <summary>Lets the first step begin once all trainers take part.</summary>
    public async Task OpenOnceCompleteAsync(ITrainingRun run)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await run.Status() is { IsOver: false } status && status.TrainerCount < trainers)
        {
            Assert.False(patience.IsCancellationRequested, $"{trainers} trainers are to take part: {status}");
            await look.WaitForNextTickAsync(CancellationToken.None);
        }
        _isComplete.Set();
    }

    /// <summary>Each node has computed a slot.</summary>
    public void AssertAllHaveComputed() => Assert.Equal(nodes, _slots.Count);

    /// <summary>The same models, held by this gate.</summary>
    public ISlotComputerFactory Hold(ISlotComputerFactory models, string node) => new HeldModels(models, node, this);

    public void Dispose()
    {
        // Whoever waits still is let go, also where a test has failed.
        _isComplete.Set();
        _allHaveComputed.Set();
    }

    private sealed class HeldModels(ISlotComputerFactory models, string node, NodeGate gate) : ISlotComputerFactory
    {
        public RunModel Describe(RunRequest request) => models.Describe(request);

        public InitialParameters CreateInitial(RunRequest request) => models.CreateInitial(request);

        public ISlotComputer Create(RunId run, RunRequest request, int device, torch.Device place) => new HeldComputer(models.Create(run, request, device, place), node, gate);
    }

    private sealed class HeldComputer(ISlotComputer computer, string node, NodeGate gate) : ISlotComputer
    {
        public NumericProfile Prove(float[] room) => computer.Prove(room);

        public void Amend(ImmutableArray<Amendment> amendments) => computer.Amend(amendments);

        public void Load(ParameterVersion version) => computer.Load(version);

        public void Prepare(StepNumber step, int slot) => computer.Prepare(step, slot);

        public SlotResult? Compute(StepNumber step, int slot, float[] gradient, Action<long, long>? completed = null)
        {
            gate.Enter(node, step.Value);
            var result = computer.Compute(step, slot, gradient, completed);
            if (result is not null) gate.Leave(node);
            return result;
        }

        public void Dispose() => computer.Dispose();
    }
}
