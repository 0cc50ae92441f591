using System.Text.Json;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Progress;
using OrleansBlip.Cli.Results;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model.Devices;
using OrleansBlip.Model.Generation;
using OrleansBlip.Silo;
using Spectre.Console;

namespace OrleansBlip.Cli.Jobs;

/// <summary><c>caption</c>, <c>match</c>, <c>answer</c>, <c>search</c>, <c>judge</c>, <c>features</c>, <c>classify</c> and <c>dialogue rank</c>. A picture or video that cannot be read is reported and the others go on.</summary>
internal static class ImageJobs
{
    // As many as the reference compares to the end.
    private const int AnswersToTheEnd = 128;

    public static Task<int> Caption(ImageRequest request, JobConsole console, CancellationToken cancellation) => Run(request, console, cancellation, "caption", (model, files) =>
    {
        var settings = SettingsOf(request, model);
        var captions = request.IsDrawn ? model.DrawCaption(files.Pixels, files.Paths, settings, request.Seed) : model.Caption(files.Pixels, settings);
        return captions.Zip(files.Paths, (caption, path) => new ImageResult(path) { Text = caption.Text, LogProbability = caption.LogProbability });
    });

    public static Task<int> Match(ImageRequest request, JobConsole console, CancellationToken cancellation) =>
        Run(request, console, cancellation, "match", (model, files) => Matched(model, files, request.Text!));

    public static Task<int> Answer(ImageRequest request, JobConsole console, CancellationToken cancellation)
    {
        var given = request.Answers is { } file ? AnswersOf(file) : null;
        return Run(request, console, cancellation, "answer about", (model, files) =>
        {
            var answers = given is null
                ? model.Answer(files.Pixels, request.Text!, SettingsOf(request, model))
                : model.RankAnswers(files.Pixels, request.Text!, given, AnswersToTheEnd);
            return answers.Zip(files.Paths, (answer, path) => new ImageResult(path) { Text = answer.Text, LogProbability = answer.LogProbability });
        });
    }

    public static Task<int> Judge(ImageRequest request, JobConsole console, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        foreach (var path in request.Images)
            if (!File.Exists(path)) throw new FileNotFoundException($"There is no picture at '{path}'.", path);
        TorchThreads.Claim(Environment.ProcessorCount);
        using var model = new ImageModel(ModelFolder.Open(request.Model), TorchDevices.First(request.Device));
        var files = ImageFiles.Read(request.Images, model.Folder.DataSpec).Single();
        using var pixels = files.Pixels;
        if (files.Problems is [var problem, ..]) throw new CommandException(ExitCode.Failed, $"'{problem.Path}' cannot be read: {problem.Problem}");
        console.WriteResult(new { sentence = request.Text, probability = model.Judge(pixels, request.Text!) });
        return Task.FromResult(ExitCode.Ok);
    }

    public static Task<int> Search(ImageRequest request, JobConsole console, CancellationToken cancellation)
    {
        // The folder is searched, even if its own pictures would make it a video.
        var searched = request.Frames is null ? request : request with { Images = [.. request.Images.Select(path => Directory.Exists(path) ? Path.Combine(path, "*") : path)] };
        return Run(
            searched, console, cancellation, "search", (model, files) => Matched(model, files, request.Text!),
            results => results.OrderByDescending(result => result.Match).Take(request.Count));
    }

    public static Task<int> Features(ImageRequest request, JobConsole console, CancellationToken cancellation) => Run(request, console, cancellation, "read", (model, files) =>
        model.Features(files.Pixels, request.Text, request.Kind, request.IsProjected).Zip(files.Paths, (feature, path) => new ImageResult(path) { Feature = feature }));

    public static Task<int> Classify(ImageRequest request, JobConsole console, CancellationToken cancellation) => Run(request, console, cancellation, "classify", (model, files) =>
        model.Classify(files.Pixels, request.Classes, request.Templates).Zip(files.Paths, (shares, path) => new ImageResult(path)
        {
            Class = request.Classes[Array.IndexOf(shares, shares.Max())],
            Classes = request.Classes.Zip(shares).ToDictionary(pair => pair.First, pair => pair.Second),
        }));

    public static Task<int> RankInDialogue(ImageRequest request, JobConsole console, CancellationToken cancellation)
    {
        var answers = AnswersOf(request.Answers!);
        (string, string)[] said = [.. request.Said.Select(round => (round, ""))];
        return Run(request, console, cancellation, "rank answers about", (model, files) => files.Paths.Select((path, row) =>
        {
            // One after the other: each brings a text for each answer.
            using var about = model.OpenDialogue(files.Pixels.narrow(0, row, 1), request.Caption);
            double[] scores = model.RankInDialogue(about, request.Text!, said, answers);
            return new ImageResult(path) { Ranking = [.. answers.Zip(scores, (answer, score) => new RankedAnswer(answer, score)).OrderByDescending(answer => answer.Probability).Take(request.Count)] };
        }).ToArray());
    }

    private static GenerationSettings SettingsOf(ImageRequest request, ImageModel model) =>
        model.Settings(request.LengthMax, request.LengthMin, request.Beams, request.TopP) with { TopK = request.TopK, RepetitionPenalty = request.RepetitionPenalty };

    private static string[] AnswersOf(string file)
    {
        string[] answers = [.. File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)];
        return answers.Length > 0 ? answers : throw new CommandException(ExitCode.Failed, $"'{file}' holds no answer; write one a line");
    }

    private static IEnumerable<ImageResult> Matched(ImageModel model, ImageFiles files, string text) =>
        model.Match(files.Pixels, text).Zip(files.Paths, (fit, path) => new ImageResult(path) { Match = fit.Match, Similarity = fit.Similarity });

    private static async Task<int> Run(
        ImageRequest request, JobConsole console, CancellationToken cancellation, string verb,
        Func<ImageModel, ImageFiles, IEnumerable<ImageResult>> work, Func<IEnumerable<ImageResult>, IEnumerable<ImageResult>>? arrange = null)
    {
        var (kind, files) = request.Frames is null ? ("picture", ImageFiles.Expand(request.Images)) : ("video", ImageFiles.ExpandVideos(request.Images));
        TorchThreads.Claim(Environment.ProcessorCount);
        using var model = new ImageModel(ModelFolder.Open(request.Model), TorchDevices.First(request.Device));
        var (results, refused) = (new List<ImageResult>(), new List<ImageResult>());
        await using (var view = console.OpenProgress(TimeProvider.System))
        {
            // Without a pause, so that all of it runs on the thread that claimed the cores.
            foreach (var batch in ImageFiles.Read(files, model.Folder.DataSpec, request.Frames))
            {
                cancellation.ThrowIfCancellationRequested();
                using var pixels = batch.Pixels;
                if (batch.Paths.Count > 0) results.AddRange(work(model, batch));
                refused.AddRange(batch.Problems.Select(problem => new ImageResult(problem.Path) { Problem = problem.Problem }));
                view.Report(new PhaseProgress { Phase = $"{verb} {kind}s", Step = results.Count + refused.Count, StepCount = files.Count, SamplesPerStep = 1 });
            }
        }
        Print([.. arrange?.Invoke(results) ?? results, .. refused], kind, console);
        return results.Count > 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static void Print(IReadOnlyList<ImageResult> results, string kind, JobConsole console)
    {
        if (console.IsJson)
        {
            console.OutputText.WriteLine(JsonSerializer.Serialize(results, ResultJson.Default.IReadOnlyListImageResult));
            return;
        }
        string[] columns = results.FirstOrDefault(result => result.Problem is null) switch
        {
            { Match: not null } => [kind, "match", "similarity"],
            { Feature: not null } => [kind, "values", "first of them"],
            { Class: not null } => [kind, "class", "probability"],
            { Ranking: not null } => [kind, "answer", "probability"],
            _ => [kind, "text"],
        };
        var table = new Table().RoundedBorder();
        foreach (var column in columns) table.AddColumn(column);
        foreach (var result in results) table.AddRow([.. CellsOf(result).Select(Markup.Escape)]);
        console.Output.Write(table);
    }

    private static string[] CellsOf(ImageResult result) => result switch
    {
        { Problem: { } problem } => [result.Image, problem],
        { Match: { } match } => [result.Image, $"{match:f3}", $"{result.Similarity:f3}"],
        { Feature: { } feature } => [result.Image, $"{feature.Length}", string.Join(' ', feature.Take(4).Select(value => $"{value:f3}")) + " …"],
        { Class: { } name } => [result.Image, name, $"{result.Classes![name]:f3}"],
        { Ranking: [var first, ..] } => [result.Image, first.Text, $"{first.Probability:f3}"],
        _ => [result.Image, result.Text ?? ""],
    };
}
