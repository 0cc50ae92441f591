using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model;
using OrleansBlip.Model.Metrics;

namespace OrleansBlip.Grains.Evaluation;

/// <summary>
/// Scores models on a split of ShapeWorld: retrieval in galleries by ITC and after re-ranking by ITM, greedy captions by CIDEr and by the truth. What a
/// model has no parts for is left out. The scores do not depend on how many devices share the work: its units are fixed.
/// </summary>
public sealed class ShapeWorldEvaluation(EvaluationSet set)
{
    private const int CaptionsAtOnce = 100;

    /// <summary>Scores a model.</summary>
    /// <param name="folder">The model, prepared as it was trained: its picture size, its words, its prompt.</param>
    /// <param name="devices">Who computes; each loads the model once.</param>
    /// <param name="cancellation">Stops between two units.</param>
    /// <exception cref="InvalidDataException">The model cannot be loaded, or neither retrieves nor writes captions.</exception>
    public async Task<EvaluationOutcome> ScoreAsync(ModelFolder folder, IReadOnlyList<DeviceWorker> devices, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(devices.Count, nameof(devices));
        var composition = Model.Compositions.Families.Compose(folder.Spec);
        var tokenizer = new CaptionTokenizer(folder.Vocabulary);
        var ranks = new RetrievalRanks[GalleryRanker.CanRank(composition) ? set.Galleries.Length : 0];
        var captions = new string[CaptionWriter.CanWrite(composition) ? set.PictureCount : 0];
        if (ranks.Length + captions.Length == 0) throw new InvalidDataException($"'{folder.Path}' holds a model of family '{folder.Spec.Family}', which neither retrieves nor writes captions.");
        var ranker = new GalleryRanker(set, tokenizer, folder.DataSpec);
        var writer = new CaptionWriter(set, tokenizer, folder.DataSpec);
        // Galleries take longest and come first; captions, in small batches, let the devices end together.
        Action<BlipModel>[] units =
        [
            .. Enumerable.Range(0, ranks.Length).Select<int, Action<BlipModel>>(gallery => model => ranks[gallery] = ranker.Rank(model, gallery)),
            .. Enumerable.Range(0, captions.Length).Where(picture => picture % CaptionsAtOnce == 0).Select<int, Action<BlipModel>>(first => model =>
                writer.Write(model, first, Math.Min(CaptionsAtOnce, captions.Length - first)).CopyTo(captions, first)),
        ];
        await RunAsync(units, folder, devices, cancellation);
        return Outcome(folder, ranks.Length == 0 ? null : RetrievalRanks.Join(ranks), captions.Length == 0 ? null : captions);
    }

    private static async Task RunAsync(Action<BlipModel>[] units, ModelFolder folder, IReadOnlyList<DeviceWorker> devices, CancellationToken cancellation)
    {
        var taken = -1;
        await Task.WhenAll(devices.Select(device => device.RunAsync(() =>
        {
            using var model = folder.Load(device: device.Place);
            for (var unit = Interlocked.Increment(ref taken); unit < units.Length; unit = Interlocked.Increment(ref taken))
            {
                cancellation.ThrowIfCancellationRequested();
                units[unit](model);
            }
        })));
    }

    private EvaluationOutcome Outcome(ModelFolder folder, RetrievalRanks? ranks, string[]? captions)
    {
        var report = new EvaluationReport
        {
            WeightsSha256 = folder.WeightsSha256,
            Split = ShapeWorldWriter.NameOf(set.Split),
            SetDigest = set.Digest,
            PictureCount = set.PictureCount,
            GallerySize = set.GallerySize,
        };
        if (ranks is not null) report = With(report, ranks);
        var written = captions is null ? null : Written(captions);
        if (written is not null) report = With(report, written);
        return new EvaluationOutcome(report, new EvaluationItems { SetDigest = set.Digest, GallerySize = set.GallerySize, Retrieval = ranks, Captions = written });
    }

    private WrittenCaptions Written(string[] captions)
    {
        var texts = set.TextsPerPicture;
        var cases = captions.Select((caption, picture) => new CaptionCase(
            PtbTokenizer.Tokenize(caption), [.. Enumerable.Range(picture * texts, texts).Select(text => PtbTokenizer.Tokenize(set.Texts[text]))])).ToArray();
        return new WrittenCaptions
        {
            Texts = [.. captions],
            Cider = [.. Cider.Score(cases).PerImage.Select(score => 100 * score)],
            AreTrue = [.. captions.Select((caption, picture) => TruthChecker.IsTrue(caption, set.Scenes[picture]))],
        };
    }

    private static EvaluationReport With(EvaluationReport report, RetrievalRanks ranks) => report with
    {
        Tr1 = RetrievalRecall.At(ranks.Pictures, 1),
        Tr5 = RetrievalRecall.At(ranks.Pictures, 5),
        Tr10 = RetrievalRecall.At(ranks.Pictures, 10),
        Ir1 = RetrievalRecall.At(ranks.Texts, 1),
        Ir5 = RetrievalRecall.At(ranks.Texts, 5),
        Ir10 = RetrievalRecall.At(ranks.Texts, 10),
        ItcTr1 = RetrievalRecall.At(ranks.ItcPictures, 1),
        ItcTr5 = RetrievalRecall.At(ranks.ItcPictures, 5),
        ItcTr10 = RetrievalRecall.At(ranks.ItcPictures, 10),
        ItcIr1 = RetrievalRecall.At(ranks.ItcTexts, 1),
        ItcIr5 = RetrievalRecall.At(ranks.ItcTexts, 5),
        ItcIr10 = RetrievalRecall.At(ranks.ItcTexts, 10),
    };

    private EvaluationReport With(EvaluationReport report, WrittenCaptions captions)
    {
        var scores = AttributeScores.Of(captions.Texts.Zip(set.Scenes));
        return report with
        {
            Cider = captions.Cider.Average(),
            AttributeAccuracy = scores.PairF1,
            ColourF1 = scores.ColourF1,
            ShapeF1 = scores.ShapeF1,
            WholeTrue = scores.TruePercent,
        };
    }
}
