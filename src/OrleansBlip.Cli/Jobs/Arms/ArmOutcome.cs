using OrleansBlip.Grains.Evaluation;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Cli.Jobs.Arms;

/// <summary>What an arm came to with one seed.</summary>
/// <param name="Spec">The pre-training's specification, as its checkpoint holds it.</param>
/// <param name="Pretrained">The pre-trained model's scores.</param>
/// <param name="Finetuned">
/// Scores after the same finetuning on <c>clean</c> (the paper's COCO columns): retrieval by the filter, captions by the captioner; null where none was asked for.
/// </param>
internal sealed record ArmOutcome(RunSpec Spec, EvaluationOutcome Pretrained, EvaluationOutcome? Finetuned)
{
    /// <summary>One outcome of two specialists: the weights' hash is the filter's.</summary>
    public static EvaluationOutcome Join(EvaluationOutcome filter, EvaluationOutcome captioner) => new(
        filter.Report with
        {
            Cider = captioner.Report.Cider,
            AttributeAccuracy = captioner.Report.AttributeAccuracy,
            ColourF1 = captioner.Report.ColourF1,
            ShapeF1 = captioner.Report.ShapeF1,
            WholeTrue = captioner.Report.WholeTrue,
        },
        filter.Items with { Captions = captioner.Items.Captions });
}
