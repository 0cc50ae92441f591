using System.CommandLine;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>model import</c>, <c>model export</c> and <c>model inspect</c>: weights from and to elsewhere.</summary>
internal static class ModelCommand
{
    /// <summary>Describes the commands; the arguments do the work and return the exit code.</summary>
    public static Command Create(
        Func<ModelImportRequest, JobConsole, CancellationToken, Task<int>> import, Func<ModelExportRequest, JobConsole, CancellationToken, Task<int>> export,
        Func<string, JobConsole, CancellationToken, Task<int>> inspect) =>
        new("model", "Weights from and to elsewhere.") { Import(import), Export(export), Inspect(inspect) };

    private static Command Import(Func<ModelImportRequest, JobConsole, CancellationToken, Task<int>> run)
    {
        var source = new Argument<FileSystemInfo>("source") { Description = "A .pth, .bin or .safetensors file, or a Hugging Face folder." };
        var folder = JobOptions.Out("model");
        var family = Family("Family of the model; told by its tensors without it.", "pretraining", "captioner", "filter", "vqa", "nlvr", "visdial");
        var vocabulary = new Option<FileInfo>("--vocabulary") { Description = "WordPiece vocabulary; the vocab.txt beside the weights without it.", HelpName = "FILE" };
        var heads = new Option<int?>("--heads") { Description = "Attention heads; those of config.json, or one per 64 channels, without it.", HelpName = "N" };
        BoundedOptions.Bound(heads, 1, 1024);
        var size = new Option<int?>("--image-size") { Description = "Side of the pictures, for which position embeddings are resampled.", HelpName = "N" };
        BoundedOptions.Bound(size, 1, 1024);
        var prompt = JobOptions.Prompt();
        var command = new Command("import", "Make a model folder of published weights.") { source, folder, family, vocabulary, heads, size, prompt };
        command.SetAction((result, cancellation) => run(
            new ModelImportRequest
            {
                Source = result.GetRequiredValue(source).FullName,
                Out = result.GetValue(folder)!.FullName,
                Family = result.GetValue(family),
                Vocabulary = result.GetValue(vocabulary)?.FullName,
                Heads = result.GetValue(heads),
                ImageSize = result.GetValue(size),
                Prompt = result.GetValue(prompt)!,
            },
            JobConsole.For(result),
            cancellation));
        return command;
    }

    private static Command Export(Func<ModelExportRequest, JobConsole, CancellationToken, Task<int>> run)
    {
        var model = new Argument<DirectoryInfo>("model") { Description = "Model folder." };
        var folder = JobOptions.Out("exported");
        var family = Family("What to write; a pre-training model holds a captioner and a filter.", "captioner", "filter", "vqa");
        var command = new Command("export", "Write a folder that Hugging Face's from_pretrained reads.") { model, folder, family };
        command.SetAction((result, cancellation) => run(
            new ModelExportRequest(result.GetRequiredValue(model).FullName, result.GetValue(folder)!.FullName, result.GetValue(family)), JobConsole.For(result), cancellation));
        return command;
    }

    private static Command Inspect(Func<string, JobConsole, CancellationToken, Task<int>> run)
    {
        var path = new Argument<FileSystemInfo>("path") { Description = "A model folder, or weights of elsewhere." };
        var command = new Command("inspect", "Tell a model's family, sizes and hash.") { path };
        command.SetAction((result, cancellation) => run(result.GetRequiredValue(path).FullName, JobConsole.For(result), cancellation));
        return command;
    }

    private static Option<string?> Family(string description, params string[] names)
    {
        var option = new Option<string?>("--family") { Description = description, HelpName = "NAME" };
        option.AcceptOnlyFromAmong(names);
        return option;
    }
}
