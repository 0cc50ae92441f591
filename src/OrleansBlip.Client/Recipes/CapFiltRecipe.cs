using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Client.Recipes;

/// <summary>The three trainings that CapFilt needs (BLIP §3.3).</summary>
public sealed record CapFiltRecipe
{
    /// <summary>MED, trained anew in each round.</summary>
    public required TrainingTemplate Pretraining { get; init; }

    /// <summary>The captioner, finetuned from the pre-trained model.</summary>
    public required TrainingTemplate Captioner { get; init; }

    /// <summary>The filter, finetuned from the pre-trained model.</summary>
    public required TrainingTemplate Filter { get; init; }
}
