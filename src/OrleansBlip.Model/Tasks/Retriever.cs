using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Devices;
using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Tasks;

/// <summary>
/// Scores a gallery for retrieval: the top k by ITC are re-ranked by ITM logit plus similarity, all others keep -100 (reference train_retrieval.py).
/// Legend: I images, R texts, T tokens.
/// </summary>
public sealed class Retriever(Matcher matcher)
{
    /// <summary>The score of a pair outside the top k.</summary>
    public const float Unranked = -100;

    /// <summary>Pairs given to the matching head at a time.</summary>
    public int PairsMax { get; init; } = 512;

    /// <summary>Scores of all images (I, 3, S, S) against all texts (R, T).</summary>
    public RetrievalScores Score(torch.Tensor images, torch.Tensor tokens, torch.Tensor mask, SpecialTokens special, int topCount)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        (tokens, mask) = (tokens.On(matcher.Device), mask.On(matcher.Device));
        using var gallery = matcher.Gallery(images);
        var textFeatures = matcher.Texts(tokens, mask, special);
        var similarities = torch.matmul(gallery.Features, textFeatures.t()); // (I, R)
        // An image's texts look at it together; a text's images are gathered.
        var imageToText = Rerank(similarities, topCount, (image, texts) => Match(image, texts.reshape(-1)));
        var textToImage = Rerank(similarities.t(), topCount, (text, images) => Match(images.reshape(-1), text.repeat_interleave(images.shape[1])));
        return new RetrievalScores(
            similarities.MoveToOuterDisposeScope(), imageToText.MoveToOuterDisposeScope(), textToImage.MoveToOuterDisposeScope(),
            gallery.Features.clone().MoveToOuterDisposeScope(), textFeatures.MoveToOuterDisposeScope());

        // Padding that all of them share is left out: texts that stand in the order of their lengths cost least.
        torch.Tensor Match(torch.Tensor image, torch.Tensor text)
        {
            var textMask = mask.index_select(0, text);
            var length = textMask.sum(1).max().item<long>();
            return matcher.Match(gallery, image, tokens.index_select(0, text).narrow(1, 0, length), textMask.narrow(1, 0, length), special.Encode).select(1, 1);
        }
    }

    // match: rows (n) and their columns (n, k) to logits (n·k).
    private torch.Tensor Rerank(torch.Tensor similarities, int topCount, Func<torch.Tensor, torch.Tensor, torch.Tensor> match)
    {
        var scores = torch.zeros_like(similarities).Fill(Unranked);
        var (top, columns) = similarities.topk(Math.Min(topCount, (int)similarities.shape[1]), dim: 1);
        var rowsAtOnce = Math.Max(1, PairsMax / top.shape[1]);
        for (long begin = 0; begin < similarities.shape[0]; begin += rowsAtOnce)
        {
            using var scope = torch.NewDisposeScope();
            var count = Math.Min(rowsAtOnce, similarities.shape[0] - begin);
            var (row, column) = (TensorArithmetic.Rows(begin, count, similarities.device), columns.narrow(0, begin, count));
            scores.narrow(0, begin, count).scatter_(1, column, match(row, column).view(count, top.shape[1]).Plus(top.narrow(0, begin, count)));
        }
        return scores;
    }
}
