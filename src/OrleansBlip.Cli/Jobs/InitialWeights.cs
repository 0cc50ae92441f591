using System.CommandLine;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Cli.Jobs;

/// <summary>What a pre-training starts from where it is not the seed alone.</summary>
/// <param name="Vision">Weights of a ViT; null for none.</param>
/// <param name="Text">Weights of BERT; null for none.</param>
internal sealed record InitialWeights(string? Vision, string? Text)
{
    /// <summary>The vocabulary of the text weights, beside them; null without such.</summary>
    public string? Vocabulary =>
        Text is null ? null : Data.Text.Vocabulary.FileIn(Directory.Exists(Text) ? Text : Path.GetDirectoryName(Path.GetFullPath(Text))!);

    /// <summary>Where a job's start lies.</summary>
    public static string FolderOf(string output) => Path.Combine(output, "initial");

    /// <summary>The options, and how to read them.</summary>
    public static (Option<FileSystemInfo> Vision, Option<FileSystemInfo> Text, Func<ParseResult, InitialWeights> Read) Options()
    {
        var vision = new Option<FileSystemInfo>("--init-vision") { Description = "Start the image encoder from a ViT: DeiT's .pth, timm's .safetensors.", HelpName = "PATH" };
        var text = new Option<FileSystemInfo>("--init-text") { Description = "Start the text transformers from BERT, .bin or .safetensors, with its vocab.txt or tokenizer.json.", HelpName = "PATH" };
        return (vision, text, result => new InitialWeights(result.GetValue(vision)?.FullName, result.GetValue(text)?.FullName));
    }

    /// <summary>The start as a model folder, made once a job; null where all of it comes from the seed. Says which tensors are drawn from the seed all the same.</summary>
    public ModelFolder? Prepare(TrainingTemplate pretraining, Vocabulary vocabulary, string output, JobConsole console)
    {
        if (Vision is null && Text is null) return null;
        var folder = FolderOf(output);
        if (Directory.Exists(folder)) return ModelFolder.Open(folder);
        var start = new StartingPoint
        {
            Spec = ModelSpec.FromJson(pretraining.Model),
            Data = DataSpec.FromJson(pretraining.Data),
            Vocabulary = vocabulary,
            Seed = (ulong)pretraining.Seed,
            Vision = Vision,
            Text = Text,
        };
        var (model, initialized) = start.Write(folder);
        console.Note($"{initialized.Length} tensors are in none of the given weights and begin anew: {string.Join(", ", initialized)}");
        return model;
    }
}
