namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>What a round has brought forth so far. Models and data sets are folders; their hashes are their names.</summary>
[GenerateSerializer, Immutable, Alias("blip.BootstrapRound")]
public sealed record BootstrapRound
{
    /// <summary>From 1.</summary>
    [Id(0)] public required int Round { get; init; }

    /// <summary>The pre-trained model; null before it is there, as all that follows.</summary>
    [Id(1)] public ModelReference? Pretrained { get; init; }

    /// <summary>The captioner.</summary>
    [Id(2)] public ModelReference? Captioner { get; init; }

    /// <summary>The filter.</summary>
    [Id(3)] public ModelReference? Filter { get; init; }

    /// <summary>What was kept, and what not.</summary>
    [Id(4)] public BootstrapCounts? Counts { get; init; }

    /// <summary>The published version's folder.</summary>
    [Id(5)] public string? Dataset { get; init; }

    /// <summary>The published version.</summary>
    [Id(6)] public string? DatasetDigest { get; init; }

    /// <summary>The model of a training phase.</summary>
    public ModelReference? ModelOf(BootstrapPhase phase) => phase switch
    {
        BootstrapPhase.Pretraining => Pretrained,
        BootstrapPhase.FinetuningCaptioner => Captioner,
        BootstrapPhase.FinetuningFilter => Filter,
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, "The phase trains no model."),
    };
}
