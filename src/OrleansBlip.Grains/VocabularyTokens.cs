using OrleansBlip.Data.Text;
using OrleansBlip.Model.Compositions;

namespace OrleansBlip.Grains;

/// <summary>What the model must know of a vocabulary, which knows nothing of models.</summary>
internal static class VocabularyTokens
{
    /// <summary>The ids of the framing tokens.</summary>
    public static SpecialTokens Framing(this Vocabulary words) => new(words.Pad, words.Class, words.Separator, words.Decode, words.Encode);
}
