using OrleansBlip.Grains.Evaluation;

namespace OrleansBlip.Benchmarks.Arms;

/// <summary>All arms of one seed.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Arms">Their results by name.</param>
/// <param name="Pretrained">What the pre-trained models did on each picture.</param>
/// <param name="Finetuned">What the finetuned ones did: the filter's retrieval and the captioner's captions.</param>
/// <param name="Filter">How well the first round's filter judged.</param>
internal sealed record SeedResult(
    long Seed,
    IReadOnlyDictionary<string, ArmResult> Arms,
    IReadOnlyDictionary<string, EvaluationItems> Pretrained,
    IReadOnlyDictionary<string, EvaluationItems> Finetuned,
    FilterEvaluation Filter);
