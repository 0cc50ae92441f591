namespace OrleansBlip.Model.Compositions;

/// <summary>Ids of the tokens that frame a text (reference/blip.md §1).</summary>
/// <param name="Padding">[PAD].</param>
/// <param name="Class">[CLS], first token for ITC.</param>
/// <param name="Separator">[SEP], last token and end of a generated text.</param>
/// <param name="Decode">[DEC], first token for language modelling.</param>
/// <param name="Encode">[ENC], first token for image-grounded encoding.</param>
public sealed record SpecialTokens(int Padding, int Class, int Separator, int Decode, int Encode)
{
    /// <summary>bert-base-uncased with BLIP's two added tokens.</summary>
    public static SpecialTokens Bert { get; } = new(0, 101, 102, 30522, 30523);
}
