using System.Collections.Immutable;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Text;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Devices;
using OrleansBlip.Model.Tasks;
using OrleansBlip.Protocol.Bootstrapping;
using TorchSharp;

namespace OrleansBlip.Grains.Inference;

/// <summary>
/// A filter at work on the calling thread's device (BLIP §3.3): the ITM head on [ENC] and the ITC similarity of each text with its picture. Legend:
/// I pictures, P texts, T tokens, N image tokens, D width, d feature width.
/// </summary>
internal sealed class FilterEngine : IDisposable
{
    /// <summary>Texts matched at once. A picture's texts may be many; batches of them are cut within the batch of pictures.</summary>
    private const int TextsMax = 512;

    private readonly ModelFolder _folder;
    private readonly BlipModel _model;
    private readonly Matcher _matcher;
    private readonly CaptionTokenizer _tokenizer;
    private readonly SpecialTokens _special;

    /// <param name="folder">The model.</param>
    /// <param name="device">Where it computes.</param>
    /// <exception cref="InvalidDataException">The folder's tensors do not fit its model.</exception>
    public FilterEngine(ModelFolder folder, torch.Device device)
    {
        _folder = folder;
        _tokenizer = new CaptionTokenizer(folder.Vocabulary);
        var words = folder.Vocabulary;
        _special = words.Framing();
        _model = folder.Load(device: device);
        _matcher = new Matcher(_model);
    }

    /// <summary>Scores all texts of pictures.</summary>
    /// <exception cref="InvalidDataException">A score is not finite.</exception>
    public ScoreBlock Score(PairSource source, ScoreLease lease)
    {
        var scores = ImmutableArray.CreateBuilder<ImmutableArray<TextScore>>(lease.Pictures.Count);
        foreach (var batch in PictureBatch.Of(source, lease.Pictures, _folder.DataSpec))
        {
            var start = scores.Count;
            string[][] texts = [.. batch.Pictures.Select((picture, row) => Texts(picture, lease.Synthetic[start + row]))];
            scores.AddRange(Score(batch, texts));
        }
        return new ScoreBlock { Pictures = lease.Pictures, Scores = scores.MoveToImmutable() };
    }

    public void Dispose() => _model.Dispose();

    // Nothing is asked of a picture in quarantine; the batch's pictures stay all the same.
    private static string[] Texts(Picture picture, WrittenCaption synthetic) =>
        synthetic.Problem is null ? [.. picture.Captions.Select(caption => caption.Text), synthetic.Text] : [];

    private IEnumerable<ImmutableArray<TextScore>> Score(PictureBatch batch, string[][] texts)
    {
        string[] all = [.. texts.SelectMany(ofPicture => ofPicture).Select(text => _folder.DataSpec.Prompt + CaptionText.PreCaption(text, _folder.DataSpec.CaptionWordsMax))];
        long[] rows = [.. texts.SelectMany((ofPicture, row) => Enumerable.Repeat((long)row, ofPicture.Length))];
        var scored = new List<TextScore>(all.Length);
        using (torch.NewDisposeScope())
        {
            var (tokens, features) = _matcher.Images(batch.ToTensor());
            for (var first = 0; first < all.Length; first += TextsMax)
            {
                var count = Math.Min(TextsMax, all.Length - first);
                scored.AddRange(Score(tokens, features, all[first..(first + count)], rows[first..(first + count)]));
            }
        }
        var next = 0;
        return [.. texts.Select(ofPicture => ImmutableArray.CreateRange(scored.GetRange((next += ofPicture.Length) - ofPicture.Length, ofPicture.Length)))];
    }

    private IEnumerable<TextScore> Score(torch.Tensor imageTokens, torch.Tensor imageFeatures, string[] texts, long[] rows)
    {
        using var scope = torch.NewDisposeScope();
        var framed = _tokenizer.Frame(texts, _folder.DataSpec.TokensMax, TokenPadding.Longest);
        var tokens = torch.tensor(framed.Ids).view(texts.Length, framed.Length); // (P, T)
        var mask = torch.tensor(framed.Mask).view(texts.Length, framed.Length); // (P, T)
        var image = torch.tensor(rows, device: _model.Device);
        var logits = _matcher.Match(imageTokens, image, tokens, mask, _special.Encode).ToManaged<float>(); // (P, 2)
        var similarities = (imageFeatures.index_select(0, image) * _matcher.Texts(tokens, mask, _special)).sum(1).ToManaged<float>(); // (P)
        return [.. similarities.Select((similarity, text) => Score(logits[2 * text], logits[2 * text + 1], similarity, texts[text]))];
    }

    private TextScore Score(double mismatch, double match, double similarity, string text)
    {
        var score = new TextScore(1 / (1 + Math.Exp(mismatch - match)), match, similarity);
        return double.IsFinite(score.Probability) && double.IsFinite(match) && double.IsFinite(similarity)
            ? score
            : throw new InvalidDataException($"The filter '{_folder.Path}' scores '{text}' with {score}: its weights are broken, train it anew.");
    }
}
