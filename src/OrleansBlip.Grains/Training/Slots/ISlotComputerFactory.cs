using OrleansBlip.Data.Sources;
using OrleansBlip.Protocol.Runs;
using TorchSharp;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>Where a run's specification meets model and data. One per silo; thread-safe.</summary>
public interface ISlotComputerFactory
{
    /// <summary>Pictures that runs could not decode here so far; others stood in their places.</summary>
    IReadOnlyCollection<SourceProblem> Undecodable => [];

    /// <summary>What shards and coordinator need to know of the model.</summary>
    /// <exception cref="RunRefusedException">The specification names no model that can be built.</exception>
    RunModel Describe(RunRequest request);

    /// <summary>The weights from which the run starts: drawn from the seed, or read from where the sources say.</summary>
    InitialParameters CreateInitial(RunRequest request);

    /// <summary>Builds the model on a device, on whose thread this is called.</summary>
    /// <param name="run">The run: its devices on a node may share what belongs to it.</param>
    /// <param name="request">What it was started with.</param>
    /// <param name="device">The device's number on its node.</param>
    /// <param name="place">Where it computes.</param>
    /// <exception cref="RunRefusedException">The data or the device cannot be used; the message says why.</exception>
    ISlotComputer Create(RunId run, RunRequest request, int device, torch.Device place);
}
