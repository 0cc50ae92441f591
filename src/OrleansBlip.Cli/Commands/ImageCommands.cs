using System.CommandLine;
using OrleansBlip.Data.Videos;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>caption</c>, <c>match</c>, <c>answer</c>, <c>search</c>, <c>judge</c>, <c>features</c> and <c>classify</c>: a trained model put to use on pictures and, but for <c>judge</c>, on videos.</summary>
internal static class ImageCommands
{
    private const int CaptionLengthMax = 30;

    /// <summary><c>caption IMAGE…</c>.</summary>
    public static Command Caption(Func<ImageRequest, JobConsole, CancellationToken, Task<int>> run)
    {
        var drawn = new Option<bool>("--nucleus") { Description = "Draw from the likeliest tokens, as CapFilt does, instead of searching by beams." };
        var (beams, longest, shortest) = (Beams(), Longest(CaptionLengthMax), BoundedOptions.Number("--min-length", "Least tokens, the prompt's included.", 0, 512, 0));
        var topP = JobOptions.Share("--top-p", "With --nucleus: probability of the tokens that are drawn from.", 0.9);
        var topK = new Option<int?>("--top-k") { Description = "With --nucleus: most tokens that are drawn from; no limit without it, where the reference has 50.", HelpName = "N" };
        BoundedOptions.Bound(topK, 1, 1_000_000);
        var penalty = JobOptions.Real("--repetition-penalty", "Above 1, tokens that occurred become less likely, the prompt's included; the reference draws with 1.1.", 1, 10, 1);
        var seed = JobOptions.Seed();
        var command = Over(
            "caption", "Write a caption for each picture.", run,
            (result, request) => request with
            {
                IsDrawn = result.GetValue(drawn),
                Beams = result.GetValue(beams),
                LengthMax = result.GetValue(longest),
                LengthMin = result.GetValue(shortest),
                TopP = result.GetValue(topP),
                TopK = result.GetValue(topK),
                RepetitionPenalty = result.GetValue(penalty),
                Seed = result.GetValue(seed),
            },
            drawn, beams, longest, shortest, topP, topK, penalty, seed);
        JobOptions.Check(command, result =>
        {
            foreach (var option in new Option[] { topP, topK }.Where(option => result.GetResult(option) is { Implicit: false } && !result.GetValue(drawn)))
                result.AddError($"{option.Name} is for captions that are drawn; add --nucleus.");
            // Defaults come after the checks.
            int least = result.GetValue(shortest), most = result.GetResult(longest) is null ? CaptionLengthMax : result.GetValue(longest);
            if (least > most) result.AddError($"--min-length is {least}, more than --max-length, which is {most}.");
        });
        return command;
    }

    /// <summary><c>match IMAGE TEXT</c>.</summary>
    public static Command Match(Func<ImageRequest, JobConsole, CancellationToken, Task<int>> run) =>
        Texts("match", "Say how well a text fits pictures: the probability of a match, and the similarity of their features.", "text", "The text.", run);

    /// <summary><c>answer IMAGE QUESTION</c>.</summary>
    public static Command Answer(Func<ImageRequest, JobConsole, CancellationToken, Task<int>> run) =>
        Texts(
            "answer", "Answer a question about pictures.", "question", "The question.", run, Beams(), Longest(10),
            answers: new Option<FileInfo>("--answers") { Description = "Choose among these answers, one a line, instead of writing one.", HelpName = "FILE" });

    /// <summary><c>judge IMAGE IMAGE SENTENCE</c>.</summary>
    public static Command Judge(Func<ImageRequest, JobConsole, CancellationToken, Task<int>> run)
    {
        var (first, second, model) = (new Argument<string>("first") { Description = "The first picture." }, new Argument<string>("second") { Description = "The second picture." }, Model());
        var device = TorchDevices.Option();
        var sentence = new Argument<string>("sentence") { Description = "The sentence." };
        var command = new Command("judge", "Say whether a sentence is true of two pictures.") { first, second, sentence, model, device };
        command.SetAction((result, cancellation) => run(
            new ImageRequest
            {
                Images = [result.GetRequiredValue(first), result.GetRequiredValue(second)],
                Model = result.GetRequiredValue(model).FullName,
                Device = result.GetValue(device),
                Text = result.GetRequiredValue(sentence),
            },
            JobConsole.For(result),
            cancellation));
        return command;
    }

    /// <summary><c>search DIR QUERY</c>.</summary>
    public static Command Search(Func<ImageRequest, JobConsole, CancellationToken, Task<int>> run) =>
        Texts("search", "Find the pictures that fit a text best.", "query", "The text.", run, count: BoundedOptions.Number("--count", "Pictures to show.", 1, 10_000, 10));

    /// <summary><c>features IMAGE…</c>.</summary>
    public static Command Features(Func<ImageRequest, JobConsole, CancellationToken, Task<int>> run)
    {
        var kind = new Option<FeatureKind>("--kind") { Description = "Of the picture, of --text, or of --text grounded in the picture.", HelpName = "image|text|multimodal" };
        var text = new Option<string>("--text") { Description = "The text, for kinds text and multimodal.", HelpName = "TEXT" };
        var projected = new Option<bool>("--projected") { Description = "The normalised feature that ITC compares instead of the first token's state." };
        var command = Over(
            "features", "Print a feature vector for each picture.", run,
            (result, request) => request with { Text = result.GetValue(text), Kind = result.GetValue(kind), IsProjected = result.GetValue(projected) },
            kind, text, projected);
        JobOptions.Check(command, result =>
        {
            if (result.GetValue(kind) != FeatureKind.Image && result.GetValue(text) is null) result.AddError("Features of kind text and multimodal need --text.");
            if (result.GetValue(kind) == FeatureKind.Multimodal && result.GetValue(projected)) result.AddError("Features of kind multimodal have no projection; leave out --projected.");
        });
        return command;
    }

    /// <summary><c>classify IMAGE…</c>.</summary>
    public static Command Classify(Func<ImageRequest, JobConsole, CancellationToken, Task<int>> run)
    {
        var classes = new Option<string[]>("--class") { Description = "Name of a class; give two or more.", HelpName = "NAME", Required = true, Arity = new ArgumentArity(2, 10_000) };
        classes.AllowMultipleArgumentsPerToken = true;
        var templates = new Option<string[]>("--template") { Description = "Text around a class's name, which stands for {}; features of several are averaged.", HelpName = "TEXT" };
        templates.DefaultValueFactory = _ => ["a picture of a {}"];
        templates.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !token.Value.Contains("{}", StringComparison.Ordinal))) result.AddError($"--template '{token.Value}' has no {{}} for the class's name.");
        });
        return Over(
            "classify", "Sort pictures into classes that are given by name alone.", run,
            (result, request) => request with { Classes = [.. result.GetRequiredValue(classes)], Templates = [.. result.GetValue(templates)!] },
            classes, templates);
    }

    // A command over any number of pictures; read adds what its own options say.
    private static Command Over(
        string name, string description, Func<ImageRequest, JobConsole, CancellationToken, Task<int>> run, Func<ParseResult, ImageRequest, ImageRequest> read, params Option[] options)
    {
        var (images, model, frames) = (new Argument<string[]>("image") { Description = "Pictures, folders or patterns.", Arity = ArgumentArity.OneOrMore }, Model(), Frames());
        var device = TorchDevices.Option();
        var command = new Command(name, description) { images, model, frames, device };
        foreach (var option in options) command.Add(option);
        command.SetAction((result, cancellation) =>
        {
            var request = new ImageRequest
            {
                Images = [.. result.GetRequiredValue(images)],
                Model = result.GetRequiredValue(model).FullName,
                Frames = result.GetValue(frames),
                Device = result.GetValue(device),
            };
            return run(read(result, request), JobConsole.For(result), cancellation);
        });
        return command;
    }

    private static Command Texts(
        string name, string description, string textName, string textDescription, Func<ImageRequest, JobConsole, CancellationToken, Task<int>> run,
        Option<int>? beams = null, Option<int>? longest = null, Option<int>? count = null, Option<FileInfo>? answers = null)
    {
        var (images, model, frames) = (new Argument<string>("image") { Description = "Picture, folder or pattern." }, Model(), Frames());
        var (text, device) = (new Argument<string>(textName) { Description = textDescription }, TorchDevices.Option());
        var command = new Command(name, description) { images, text, model, frames, device };
        foreach (var option in new Option?[] { beams, longest, count, answers }.OfType<Option>()) command.Add(option);
        command.SetAction((result, cancellation) =>
        {
            var request = new ImageRequest
            {
                Images = [result.GetRequiredValue(images)],
                Model = result.GetRequiredValue(model).FullName,
                Frames = result.GetValue(frames),
                Device = result.GetValue(device),
                Text = result.GetRequiredValue(text),
                LengthMin = 1,
            };
            if (beams is not null) request = request with { Beams = result.GetValue(beams) };
            if (longest is not null) request = request with { LengthMax = result.GetValue(longest) };
            if (answers is not null) request = request with { Answers = result.GetValue(answers)?.FullName };
            if (count is not null) request = request with { Count = result.GetValue(count) };
            return run(request, JobConsole.For(result), cancellation);
        });
        return command;
    }

    private static Option<DirectoryInfo> Model() => new("--model", "-m") { Description = "Model folder.", HelpName = "DIR", Required = true };

    private static Option<int?> Frames()
    {
        var option = new Option<int?>("--frames")
        {
            Description = "Take each video file or folder of frames (for search each in the folder) as a video of N evenly spread frames; the paper: 8, to answer 16.",
            HelpName = "N",
        };
        BoundedOptions.Bound(option, 1, FrameSampling.FramesMax);
        return option;
    }

    private static Option<int> Beams() => BoundedOptions.Number("--beams", "Sequences kept by beam search.", 1, 64, 3);

    private static Option<int> Longest(int value) => BoundedOptions.Number("--max-length", "Most tokens, the prompt's included.", 2, 512, value);
}
