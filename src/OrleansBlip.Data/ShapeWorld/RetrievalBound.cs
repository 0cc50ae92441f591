namespace OrleansBlip.Data.ShapeWorld;

/// <summary>What some way of ranking reaches on a gallery.</summary>
/// <param name="TextRetrieval">Pictures that look for texts.</param>
/// <param name="ImageRetrieval">Texts that look for pictures.</param>
public sealed record RetrievalBound(RecallAtK TextRetrieval, RecallAtK ImageRetrieval)
{
    /// <summary>The mean of both R@1, 0 to 100.</summary>
    public double MeanR1 => (TextRetrieval.R1 + ImageRetrieval.R1) / 2;
}
