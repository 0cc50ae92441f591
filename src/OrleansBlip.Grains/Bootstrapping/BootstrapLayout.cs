using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Bootstrapping;

/// <summary>Where a job keeps what: a folder for each round, and in it one for each phase.</summary>
internal sealed record BootstrapLayout(string Root)
{
    /// <summary>The name of a stage's training run within its cluster.</summary>
    public static RunId RunOf(string job, BootstrapStage stage) => RunId.Parse($"{job}-{ModelNameOf(stage)}");

    /// <summary>A model's name, the same in every job: it becomes part of the published data, and with it of what is learned next.</summary>
    public static string ModelNameOf(BootstrapStage stage) => $"round{stage.Round}-{Name(stage.Phase)}";

    /// <summary>The checkpoints of a stage's training run.</summary>
    public string CheckpointsOf(BootstrapStage stage) => Path.Combine(FolderOf(stage), "checkpoints");

    /// <summary>The model that a stage trains.</summary>
    public string ModelOf(BootstrapStage stage) => Path.Combine(FolderOf(stage), "model");

    /// <summary>The captions or scores of a round, range by range.</summary>
    public string LogOf(int round, BootstrapPhase phase) => Path.Combine(FolderOf(round), phase == BootstrapPhase.Captioning ? "captions.log" : "scores.log");

    /// <summary>What a round publishes; the version to learn from is <see cref="BootstrapArm.Both"/>.</summary>
    public string DatasetOf(int round, BootstrapArm arm) =>
        arm == BootstrapArm.Both ? Path.Combine(FolderOf(round), "dataset") : Path.Combine(FolderOf(round), "arms", arm.ToString().ToLowerInvariant());

    /// <summary>The pictures that a round could not decode, one JSON object a line.</summary>
    public string QuarantineOf(int round) => Path.Combine(FolderOf(round), "quarantine.jsonl");

    private string FolderOf(int round) => Path.Combine(Root, $"round{round}");

    private string FolderOf(BootstrapStage stage) => Path.Combine(FolderOf(stage.Round), Name(stage.Phase));

    private static string Name(BootstrapPhase phase) => phase switch
    {
        BootstrapPhase.Pretraining => "pretraining",
        BootstrapPhase.FinetuningCaptioner => "captioner",
        BootstrapPhase.FinetuningFilter => "filter",
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, "The phase trains no model."),
    };
}
