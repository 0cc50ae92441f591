using System.CommandLine;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Cli.Jobs;

/// <summary>What a training starts from where it is not the seed alone.</summary>
/// <param name="Model">A model of any family; null for none.</param>
/// <param name="Vision">Weights of a ViT; null for none.</param>
/// <param name="Text">Weights of BERT; null for none.</param>
internal sealed record InitialWeights(string? Model, string? Vision, string? Text)
{
    /// <summary>The vocabulary that lies beside the model or the text weights; null without such.</summary>
    public string? Vocabulary => (Model ?? Text) is { } weights
        ? Data.Text.Vocabulary.FileIn(Directory.Exists(weights) ? weights : Path.GetDirectoryName(Path.GetFullPath(weights))!)
        : null;

    /// <summary>Adds the options to a command and tells how to read them.</summary>
    public static Func<ParseResult, InitialWeights> AddOptions(Command command)
    {
        var model = new Option<FileSystemInfo>("--init-model") { Description = "Start from a model of any family, with its vocabulary: a model folder, or weights of elsewhere.", HelpName = "PATH" };
        var vision = new Option<FileSystemInfo>("--init-vision") { Description = "Start the image encoder from a ViT: DeiT's .pth, timm's .safetensors.", HelpName = "PATH" };
        var text = new Option<FileSystemInfo>("--init-text") { Description = "Start the text transformers from BERT, .bin or .safetensors, with its vocab.txt or tokenizer.json.", HelpName = "PATH" };
        command.Add(model);
        command.Add(vision);
        command.Add(text);
        return result => new InitialWeights(result.GetValue(model)?.FullName, result.GetValue(vision)?.FullName, result.GetValue(text)?.FullName);
    }

    /// <summary>The start as a model folder, made once a job; null where all of it comes from the seed. Says which tensors are drawn from the seed all the same.</summary>
    public ModelFolder? Prepare(TrainingTemplate training, Vocabulary vocabulary, string output, JobConsole console)
    {
        if ((Model ?? Vision ?? Text) is null) return null;
        var folder = Path.Combine(output, "initial");
        if (Directory.Exists(folder)) return ModelFolder.Open(folder);
        var start = new StartingPoint
        {
            Spec = ModelSpec.FromJson(training.Model),
            Data = DataSpec.FromJson(training.Data),
            Vocabulary = vocabulary,
            Seed = (ulong)training.Seed,
            Model = Model,
            Vision = Vision,
            Text = Text,
        };
        var (model, initialized) = start.Write(folder);
        console.Note(initialized.Length == 0 ? "every tensor is given" : $"{initialized.Length} tensors are in none of the given weights and begin anew: {string.Join(", ", initialized)}");
        return model;
    }
}
