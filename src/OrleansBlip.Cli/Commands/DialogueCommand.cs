using System.CommandLine;
using OrleansBlip.Data.Videos;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>dialogue rank</c> and <c>dialogue evaluate</c>: a model of dialogues about pictures put to use.</summary>
internal static class DialogueCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create(Func<ImageRequest, JobConsole, CancellationToken, Task<int>> rank, Func<DialogueEvaluationRequest, JobConsole, CancellationToken, Task<int>> evaluate) =>
        new("dialogue", "Choose answers in dialogues about pictures.") { Rank(rank), Evaluate(evaluate) };

    private static Command Rank(Func<ImageRequest, JobConsole, CancellationToken, Task<int>> run)
    {
        var (image, question) = (new Argument<string>("image") { Description = "Picture, folder or pattern." }, new Argument<string>("question") { Description = "The question." });
        var answers = new Option<FileInfo>("--answers") { Description = "The answers to choose among, one a line.", HelpName = "FILE", Required = true };
        var caption = new Option<string>("--caption") { Description = "What both who talk know of the picture.", HelpName = "TEXT", DefaultValueFactory = _ => "" };
        var said = new Option<string[]>("--said") { Description = "A round before, question and answer in one text; the oldest first.", HelpName = "TEXT", DefaultValueFactory = _ => [] };
        var count = BoundedOptions.Number("--count", "Answers to show in JSON.", 1, 10_000, 10);
        var (model, device, frames) = (Model(), TorchDevices.Option(), new Option<int?>("--frames") { Description = "Take each video file or folder of frames as a video of N frames.", HelpName = "N" });
        BoundedOptions.Bound(frames, 1, FrameSampling.FramesMax);
        var command = new Command("rank", "Rank answers to the next question of a dialogue about pictures.") { image, question, answers, caption, said, count, model, frames, device };
        command.SetAction((result, cancellation) => run(
            new ImageRequest
            {
                Images = [result.GetRequiredValue(image)],
                Model = result.GetRequiredValue(model).FullName,
                Device = result.GetValue(device),
                Frames = result.GetValue(frames),
                Text = result.GetRequiredValue(question),
                Answers = result.GetRequiredValue(answers).FullName,
                Caption = result.GetValue(caption) ?? "",
                Said = [.. result.GetValue(said) ?? []],
                Count = result.GetValue(count),
            },
            JobConsole.For(result),
            cancellation));
        return command;
    }

    private static Command Evaluate(Func<DialogueEvaluationRequest, JobConsole, CancellationToken, Task<int>> run)
    {
        var dialogues = new Argument<FileInfo>("dialogues") { Description = "VisDial v1.0's JSON of a split that has answer options." };
        var root = new Option<DirectoryInfo>("--image-root") { Description = "Folder that holds the pictures; that of the JSON without it.", HelpName = "DIR" };
        var dense = new Option<FileInfo>("--dense") { Description = "VisDial's dense annotations, for NDCG.", HelpName = "FILE" };
        var most = new Option<int?>("--dialogues-max") { Description = "Look at the first N dialogues alone.", HelpName = "N" };
        BoundedOptions.Bound(most, 1, int.MaxValue);
        var (model, device) = (Model(), TorchDevices.Option());
        var command = new Command("evaluate", "Rank the answers of VisDial's dialogues: MRR, recall, mean rank and NDCG.") { dialogues, model, root, dense, most, device };
        command.SetAction((result, cancellation) => run(
            new DialogueEvaluationRequest
            {
                Dialogues = result.GetRequiredValue(dialogues).FullName,
                Model = result.GetRequiredValue(model).FullName,
                Device = result.GetValue(device),
                ImageRoot = result.GetValue(root)?.FullName,
                Dense = result.GetValue(dense)?.FullName,
                CountMax = result.GetValue(most),
            },
            JobConsole.For(result),
            cancellation));
        return command;
    }

    private static Option<DirectoryInfo> Model() => new("--model", "-m") { Description = "Model folder.", HelpName = "DIR", Required = true };
}
