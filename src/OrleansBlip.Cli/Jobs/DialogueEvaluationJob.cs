using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Progress;
using OrleansBlip.Data;
using OrleansBlip.Data.Images;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Sources;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model.Devices;
using OrleansBlip.Model.Metrics;
using OrleansBlip.Silo;
using TorchSharp;

namespace OrleansBlip.Cli.Jobs;

/// <summary><c>dialogue evaluate</c>. A dialogue whose picture cannot be decoded is told and left out.</summary>
internal static class DialogueEvaluationJob
{
    public static async Task<int> RunAsync(DialogueEvaluationRequest request, JobConsole console, CancellationToken cancellation)
    {
        var dense = request.Dense is { } file ? DenseAnnotations.Read(file) : new Dictionary<(long, int), double[]>();
        using var source = PairSources.Open(request.Dialogues, new PairSourceOptions { ImageRoot = request.ImageRoot });
        TorchThreads.Claim(Environment.ProcessorCount);
        using var model = new ImageModel(ModelFolder.Open(request.Model), TorchDevices.First(request.Device));
        var (ranks, gains, leftOut) = (new List<int>(), new List<double>(), new List<SourceProblem>());
        var count = Math.Min(source.PictureCount, request.CountMax ?? int.MaxValue);
        await using (var view = console.OpenProgress(TimeProvider.System))
        {
            // Without a pause, so that all of it runs on the thread that claimed the cores.
            for (var number = 0; number < count; number++)
            {
                cancellation.ThrowIfCancellationRequested();
                try
                {
                    Rank(model, source, number, dense, ranks, gains);
                }
                catch (ImageException error)
                {
                    leftOut.Add(new SourceProblem(error.Name, error.Message));
                }
                view.Report(new PhaseProgress { Phase = "rank answers", Step = number + 1, StepCount = count, SamplesPerStep = 1 });
            }
        }
        foreach (var problem in leftOut) console.Note($"'{problem.Name}' is left out: {problem.Reason}");
        if (ranks.Count == 0) throw new DatasetException($"'{request.Dialogues}' has no question with answers to choose among and a picture that can be decoded.");
        console.WriteResult(new
        {
            dialogues = count - leftOut.Count,
            leftOut = leftOut.Count,
            questions = ranks.Count,
            mrr = DialogueScore.MeanReciprocalRank(ranks),
            recallAt1 = DialogueScore.RecallAt(ranks, 1),
            recallAt5 = DialogueScore.RecallAt(ranks, 5),
            recallAt10 = DialogueScore.RecallAt(ranks, 10),
            meanRank = ranks.Average(),
            ndcg = gains.Count > 0 ? gains.Average() : (double?)null,
            ndcgQuestions = gains.Count,
        });
        return ExitCode.Ok;
    }

    private static void Rank(ImageModel model, PairSource source, int number, IReadOnlyDictionary<(long ImageId, int Round), double[]> dense, List<int> ranks, List<double> gains)
    {
        var (picture, data) = (source.ReadPicture(number), model.Folder.DataSpec);
        var (side, image) = (data.ImageSize, ImageDecoder.Decode(source.ReadImage(number), picture.Key));
        var values = new float[3 * side * side];
        data.Normalization.Write(BicubicResize.Resize(image, side, side), values);
        using var pixels = torch.tensor(values).view(1, 3, side, side);
        // One dialogue about the picture has one caption.
        foreach (var dialogue in picture.Captions.Where(question => question.Round is { Options.Count: > 1 }).GroupBy(question => question.Round!.Caption))
        {
            using var about = model.OpenDialogue(pixels, dialogue.Key);
            foreach (var question in dialogue)
            {
                var round = question.Round!;
                var scores = model.RankInDialogue(about, question.Text, round.History, round.Options);
                string truth = DialogueText.Read(round.Answer);
                ranks.Add(DialogueScore.RankOf(scores, round.TrueOption, option => DialogueText.Read(round.Options[option]) == truth));
                if (!dense.TryGetValue((picture.ImageId, round.History.Count), out var relevance)) continue;
                if (relevance.Length != scores.Length)
                    throw new DatasetException($"The dense annotations of round {round.History.Count + 1} about picture {picture.ImageId} have {relevance.Length} relevances for {scores.Length} options.");
                if (DialogueScore.Ndcg(scores, relevance) is { } gain) gains.Add(gain);
            }
        }
    }
}
