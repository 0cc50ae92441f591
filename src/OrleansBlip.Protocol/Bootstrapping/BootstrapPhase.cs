namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>What a round does, in this order (BLIP §3.3). The round after the last ends with its pre-training.</summary>
[GenerateSerializer, Alias("blip.BootstrapPhase")]
public enum BootstrapPhase
{
    /// <summary>MED is pre-trained from the first weights: on the web set in the first round, on what the round before published in a later one.</summary>
    Pretraining = 0,

    /// <summary>A captioner is finetuned from the round's pre-trained model.</summary>
    FinetuningCaptioner = 1,

    /// <summary>A filter is finetuned from the same.</summary>
    FinetuningFilter = 2,

    /// <summary>The captioner writes a text for each web picture.</summary>
    Captioning = 3,

    /// <summary>The filter scores web texts and synthetic ones.</summary>
    Filtering = 4,

    /// <summary>What is kept becomes a version of the data set.</summary>
    Publishing = 5,
}
