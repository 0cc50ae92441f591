using System.CommandLine;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>tokenizer train</c>: a WordPiece vocabulary from the captions of data sets.</summary>
internal static class TokenizerCommand
{
    /// <summary>Describes the command; <paramref name="train"/> does the work and returns the exit code.</summary>
    public static Command Create(Func<TokenizerTrainRequest, JobConsole, CancellationToken, Task<int>> train)
    {
        var data = JobOptions.Data();
        var file = new Option<FileInfo>("--out", "-o") { Description = "Vocabulary file to write.", HelpName = "FILE" };
        file.DefaultValueFactory = _ => new FileInfo("vocab.txt");
        var entries = BoundedOptions.Number("--entries", "Most entries, special tokens included.", 64, 1_000_000, 30_524);
        var command = new Command("train", "Train a WordPiece vocabulary on captions.") { data, file, entries };
        command.SetAction((result, cancellation) =>
        {
            var request = new TokenizerTrainRequest
            {
                Data = [.. result.GetRequiredValue(data)],
                Out = result.GetValue(file)!.FullName,
                EntriesMax = result.GetValue(entries),
            };
            return train(request, JobConsole.For(result), cancellation);
        });
        return new Command("tokenizer", "Vocabularies.") { command };
    }
}
