using System.CommandLine;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>caption</c>, <c>match</c>, <c>answer</c> and <c>search</c>: a trained model put to use on pictures.</summary>
internal static class ImageCommands
{
    /// <summary><c>caption IMAGE…</c>.</summary>
    public static Command Caption(Func<ImageRequest, JobConsole, CancellationToken, Task<int>> run)
    {
        var (images, model) = (Images(), Model());
        var drawn = new Option<bool>("--nucleus") { Description = "Draw from the likeliest tokens, as CapFilt does, instead of searching by beams." };
        var (beams, longest, shortest) = (Beams(), Longest(30), JobOptions.Count("--min-length", "Least tokens, the prompt's included.", 0, 512, 0));
        var (topP, seed) = (JobOptions.Share("--top-p", "With --nucleus: probability of the tokens that are drawn from.", 0.9), JobOptions.Seed());
        var command = new Command("caption", "Write a caption for each picture.") { images, model, drawn, beams, longest, shortest, topP, seed };
        command.SetAction((result, cancellation) => run(
            new ImageRequest
            {
                Images = [.. result.GetRequiredValue(images)],
                Model = result.GetRequiredValue(model).FullName,
                IsDrawn = result.GetValue(drawn),
                Beams = result.GetValue(beams),
                LengthMax = result.GetValue(longest),
                LengthMin = result.GetValue(shortest),
                TopP = result.GetValue(topP),
                Seed = result.GetValue(seed),
            },
            JobConsole.For(result),
            cancellation));
        return command;
    }

    /// <summary><c>match IMAGE TEXT</c>.</summary>
    public static Command Match(Func<ImageRequest, JobConsole, CancellationToken, Task<int>> run) =>
        Texts("match", "Say how well a text fits pictures: the probability of a match, and the similarity of their features.", "text", "The text.", run);

    /// <summary><c>answer IMAGE QUESTION</c>.</summary>
    public static Command Answer(Func<ImageRequest, JobConsole, CancellationToken, Task<int>> run) =>
        Texts("answer", "Answer a question about pictures.", "question", "The question.", run, Beams(), Longest(10));

    /// <summary><c>search DIR QUERY</c>.</summary>
    public static Command Search(Func<ImageRequest, JobConsole, CancellationToken, Task<int>> run) =>
        Texts("search", "Find the pictures that fit a text best.", "query", "The text.", run, count: JobOptions.Count("--count", "Pictures to show.", 1, 10_000, 10));

    private static Command Texts(
        string name, string description, string textName, string textDescription, Func<ImageRequest, JobConsole, CancellationToken, Task<int>> run,
        Option<int>? beams = null, Option<int>? longest = null, Option<int>? count = null)
    {
        var (images, model) = (new Argument<string>("image") { Description = "Picture, folder or pattern." }, Model());
        var text = new Argument<string>(textName) { Description = textDescription };
        var command = new Command(name, description) { images, text, model };
        foreach (var option in new[] { beams, longest, count }.OfType<Option>()) command.Add(option);
        command.SetAction((result, cancellation) =>
        {
            var request = new ImageRequest { Images = [result.GetRequiredValue(images)], Model = result.GetRequiredValue(model).FullName, Text = result.GetRequiredValue(text), LengthMin = 1 };
            if (beams is not null) request = request with { Beams = result.GetValue(beams) };
            if (longest is not null) request = request with { LengthMax = result.GetValue(longest) };
            if (count is not null) request = request with { Count = result.GetValue(count) };
            return run(request, JobConsole.For(result), cancellation);
        });
        return command;
    }

    private static Argument<string[]> Images() => new("image") { Description = "Pictures, folders or patterns.", Arity = ArgumentArity.OneOrMore };

    private static Option<DirectoryInfo> Model() => new("--model", "-m") { Description = "Model folder.", HelpName = "DIR", Required = true };

    private static Option<int> Beams() => JobOptions.Count("--beams", "Sequences kept by beam search.", 1, 64, 3);

    private static Option<int> Longest(int value) => JobOptions.Count("--max-length", "Most tokens, the prompt's included.", 2, 512, value);
}
