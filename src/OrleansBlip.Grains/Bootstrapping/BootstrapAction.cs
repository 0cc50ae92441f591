using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Grains.Bootstrapping;

/// <summary>
/// What a job's coordinator does at the word of its ledger, in the order given. What fails is answered by <see cref="BootstrapLedger.StageFailed"/>,
/// unless something else is said.
/// </summary>
internal abstract record BootstrapAction
{
    /// <summary>Make the record durable; what follows in the list must not happen before it is.</summary>
    public sealed record Persist(BootstrapRecord Record) : BootstrapAction;

    /// <summary>Start the stage's training run, or let it go on; answered by <see cref="BootstrapLedger.TrainingStarted"/>.</summary>
    public sealed record Train(BootstrapStage Stage) : BootstrapAction;

    /// <summary>Ask the stage's training run to pause, or to stop; what it does shows in its status.</summary>
    public sealed record Hold(BootstrapStage Stage, bool ForGood) : BootstrapAction;

    /// <summary>Make a model folder of what was trained; answered by <see cref="BootstrapLedger.ModelSaved"/>.</summary>
    public sealed record SaveModel(BootstrapStage Stage, string WeightsSha256) : BootstrapAction;

    /// <summary>See how many pictures there are, and which are done; answered by <see cref="BootstrapLedger.Opened"/>.</summary>
    public sealed record Open(BootstrapStage Stage) : BootstrapAction;

    /// <summary>
    /// Let a device caption or filter pictures; answered by <see cref="BootstrapLedger.LeaseDone"/> when the result is durable, or by
    /// <see cref="BootstrapLedger.LeaseFailed"/>.
    /// </summary>
    public sealed record Lease(BootstrapStage Stage, InferenceDevice Device, PictureRange Pictures) : BootstrapAction;

    /// <summary>Tell a device that its model is needed no more.</summary>
    public sealed record Close(BootstrapStage Stage, InferenceDevice Device) : BootstrapAction;

    /// <summary>Publish what is kept; answered by <see cref="BootstrapLedger.Published"/>.</summary>
    public sealed record Publish(BootstrapStage Stage) : BootstrapAction;

    /// <summary>Look whether the record in storage is still this coordinator's, and give way where it is not. The coordinator's own idea, from time to time; the ledger knows no clock.</summary>
    public sealed record LookAtRecord : BootstrapAction;
}
