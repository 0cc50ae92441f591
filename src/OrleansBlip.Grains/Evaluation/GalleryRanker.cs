using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Text;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Devices;
using OrleansBlip.Model.Metrics;
using OrleansBlip.Model.Tasks;
using TorchSharp;

namespace OrleansBlip.Grains.Evaluation;

/// <summary>Ranks galleries of a set with a model that has encoders and matching head. Legend: I pictures, R texts, T tokens, S side.</summary>
internal sealed class GalleryRanker(EvaluationSet set, CaptionTokenizer tokenizer, DataSpec data)
{
    /// <summary>How many answers of ITC are re-ranked by ITM.</summary>
    public const int TopCount = 16;

    /// <summary>Whether the model can: it has all that a match needs.</summary>
    public static bool CanRank(Composition composition) =>
        new[] { "text_encoder", "vision_proj", "text_proj", "itm_head" }.All(name => composition.Parts.Any(part => part.Name == name));

    /// <summary>The ranks of one gallery. Its tensors never leave the calling thread.</summary>
    public RetrievalRanks Rank(BlipModel model, int gallery)
    {
        using var scope = torch.NewDisposeScope();
        var relevance = set.Galleries[gallery];
        var first = gallery * set.GallerySize;
        string[] texts = [.. set.Texts.Skip(first * set.TextsPerPicture).Take(relevance.TextCount).Select(text => data.Prompt + CaptionText.PreCaption(text, data.CaptionWordsMax))];
        // Texts of like lengths stand together: the retriever then matches less padding.
        int[] order = [.. Enumerable.Range(0, texts.Length).OrderBy(text => tokenizer.Encode(texts[text]).Count)];
        var scores = Score(model, first, [.. order.Select(text => texts[text])]);
        var ofPictures = Table(relevance.PictureCount, relevance.TextCount, (picture, text) => relevance.IsTrue(order[text], picture));
        var ofTexts = Table(relevance.TextCount, relevance.PictureCount, (text, picture) => relevance.IsTrue(order[text], picture));
        return new RetrievalRanks
        {
            Pictures = [.. RetrievalRecall.Ranks(Managed(scores.ImageToText), ofPictures)],
            Texts = [.. InGivenOrder(RetrievalRecall.Ranks(Managed(scores.TextToImage), ofTexts))],
            ItcPictures = [.. RetrievalRecall.Ranks(Managed(scores.Similarities), ofPictures)],
            ItcTexts = [.. InGivenOrder(RetrievalRecall.Ranks(Managed(scores.Similarities.t()), ofTexts))],
        };

        int[] InGivenOrder(int[] ranks)
        {
            Array.Sort([.. order], ranks);
            return ranks;
        }
    }

    private RetrievalScores Score(BlipModel model, int first, string[] texts)
    {
        var framed = tokenizer.Frame(texts, data.TokensMax, TokenPadding.Longest);
        var (images, tokens, mask) = (torch.tensor(set.Pixels(first, set.GallerySize, data)), torch.tensor(framed.Ids), torch.tensor(framed.Mask));
        var words = tokenizer.Vocabulary;
        return new Retriever(new Matcher(model)).Score(
            images.view(set.GallerySize, 3, data.ImageSize, data.ImageSize), tokens.view(texts.Length, framed.Length), mask.view(texts.Length, framed.Length),
            words.Framing(), TopCount);
    }

    private static bool[,] Table(int rows, int columns, Func<int, int, bool> value)
    {
        var table = new bool[rows, columns];
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < columns; column++) table[row, column] = value(row, column);
        return table;
    }

    private static float[,] Managed(torch.Tensor scores)
    {
        var managed = new float[scores.shape[0], scores.shape[1]];
        Buffer.BlockCopy(scores.ToManaged<float>(), 0, managed, 0, managed.Length * sizeof(float));
        return managed;
    }
}
