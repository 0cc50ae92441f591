namespace OrleansBlip.Protocol.Steps;

/// <summary>One device's part in a run. Key: <see cref="TrainerId.GrainKey"/>; pinned to the node.</summary>
[Alias("blip.ITrainer"), GrainInterfaceType("blip.ITrainer")]
public interface ITrainer : IGrainWithStringKey
{
    /// <summary>Takes part in the run; answered by <see cref="ICoordinator.TrainerOpened"/>.</summary>
    [Alias("Open")]
    Task Open(TrainerAssignment assignment);

    /// <summary>Computes slots; answered by <see cref="ICoordinator.LeaseEnded"/>.</summary>
    [Alias("Lease")]
    Task<LeaseAnswer> Lease(Lease lease);

    /// <summary>Leaves the run and frees what it holds, unless a higher view has opened it again.</summary>
    [Alias("Close")]
    Task Close(ViewNumber view);
}
