using System.Collections.Immutable;
using System.Text.Json;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>A CapFilt job as it is asked for. Paths must reach the same content from every node.</summary>
[GenerateSerializer, Immutable, Alias("blip.BootstrapRequest")]
public sealed record BootstrapRequest
{
    /// <summary>Most rounds.</summary>
    public const int RoundsMax = 100;

    /// <summary>The noisy pairs: a folder or pattern of shards, a JSON list, a folder of pictures.</summary>
    [Id(0)] public required string Web { get; init; }

    /// <summary>The pairs that people wrote, of the same forms. They join each pre-training, and the finetuning is done on them.</summary>
    [Id(1)] public required string Clean { get; init; }

    /// <summary>The vocabulary's file.</summary>
    [Id(2)] public required string Vocabulary { get; init; }

    /// <summary>The pre-training, of the first model and of each later one alike.</summary>
    [Id(3)] public required TrainingTemplate Pretraining { get; init; }

    /// <summary>The captioner's finetuning.</summary>
    [Id(4)] public required TrainingTemplate Captioner { get; init; }

    /// <summary>The filter's finetuning.</summary>
    [Id(5)] public required TrainingTemplate Filter { get; init; }

    /// <summary>Rounds of captioning, filtering and pre-training anew, 1 to <see cref="RoundsMax"/>. Captioner and filter of a later round start from the model of the one before.</summary>
    [Id(6)] public int Rounds { get; init; } = 1;

    /// <summary>A text is kept when the filter gives its match at least this probability, 0 to 1.</summary>
    [Id(7)] public double Threshold { get; init; } = 0.5;

    /// <summary>How synthetic texts are drawn.</summary>
    [Id(8)] public CaptionSettings Captions { get; init; } = new();

    /// <summary>Further data sets to publish in each round, for comparison.</summary>
    [Id(9)] public ImmutableArray<BootstrapArm> Arms { get; init; } = [];

    /// <summary>Where models, scores and data sets go.</summary>
    [Id(10)] public required string OutputFolder { get; init; }

    /// <summary>Steps between the checkpoints of a training run; 0 for one at the end only.</summary>
    [Id(11)] public long CheckpointInterval { get; init; }

    /// <inheritdoc cref="RunRequest.ShardCount"/>
    [Id(12)] public int ShardCount { get; init; }

    /// <summary>The model that each pre-training starts from, of its family and sizes; null to start from the seed.</summary>
    [Id(13)] public ModelReference? Initial { get; init; }

    /// <inheritdoc cref="RunRequest.Backups"/>
    [Id(14)] public int Backups { get; init; } = 1;

    /// <summary>Refuses a request that cannot be carried out.</summary>
    /// <exception cref="RunRefusedException">Names each wrong key with its value and its range.</exception>
    public void Validate()
    {
        var problems = new List<string>();
        foreach (var (key, path) in new[] { (nameof(Web), Web), (nameof(Clean), Clean), (nameof(Vocabulary), Vocabulary), (nameof(OutputFolder), OutputFolder) })
            if (string.IsNullOrWhiteSpace(path)) problems.Add($"{key} is empty, it must be a path.");
        if (Rounds is < 1 or > RoundsMax) problems.Add($"Rounds is {Rounds}, it must be 1 to {RoundsMax}.");
        if (Threshold is not (>= 0 and <= 1)) problems.Add($"Threshold is {Threshold}, it must be 0 to 1.");
        if (Captions.TopP is not (> 0 and <= 1)) problems.Add($"Captions.TopP is {Captions.TopP}, it must be above 0 and at most 1.");
        if (Captions.TopK < 1) problems.Add($"Captions.TopK is {Captions.TopK}, it must be 1 or more.");
        if (Captions.LengthMin < 1 || Captions.LengthMax < Captions.LengthMin)
            problems.Add($"Captions.LengthMin is {Captions.LengthMin} and LengthMax {Captions.LengthMax}, it must be 1 ≤ LengthMin ≤ LengthMax.");
        if (Captions.RepetitionPenalty is not >= 1) problems.Add($"Captions.RepetitionPenalty is {Captions.RepetitionPenalty}, it must be 1 or more.");
        if (Arms.Distinct().Count() != Arms.Length) problems.Add("Arms names one twice.");
        if (problems.Count > 0) throw new RunRefusedException(string.Join(" ", problems));
        foreach (var template in new[] { Pretraining, Captioner, Filter })
        {
            new RunRequest
            {
                Spec = template.On(new string('0', 64), 1, null),
                CheckpointFolder = OutputFolder,
                CheckpointInterval = CheckpointInterval,
                ShardCount = ShardCount,
                Backups = Backups,
            }.Validate();
        }
    }

    /// <summary>The request as JSON: equal requests give equal texts.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);
}
