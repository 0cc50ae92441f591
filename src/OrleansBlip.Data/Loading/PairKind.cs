namespace OrleansBlip.Data.Loading;

/// <summary>What the texts of a data set are to their pictures.</summary>
public enum PairKind
{
    /// <summary>Captions.</summary>
    Caption,

    /// <summary>Questions, each with answers (VQA).</summary>
    Question,

    /// <summary>Sentences that are true or false of two pictures (NLVR2).</summary>
    Sentence,

    /// <summary>Questions of dialogues, each with a true answer among others (VisDial).</summary>
    Dialogue,
}
