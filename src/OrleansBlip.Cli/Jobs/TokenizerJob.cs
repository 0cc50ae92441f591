using OrleansBlip.Cli.Commands;

namespace OrleansBlip.Cli.Jobs;

/// <summary><c>tokenizer train</c>.</summary>
internal static class TokenizerJob
{
    public static Task<int> RunAsync(TokenizerTrainRequest request, JobConsole console, CancellationToken cancellation)
    {
        if (Directory.Exists(request.Out)) throw new CommandException(ExitCode.Usage, $"'{request.Out}' is a folder; give a file by --out");
        var vocabulary = Vocabularies.Train(request.Data, request.EntriesMax);
        cancellation.ThrowIfCancellationRequested();
        vocabulary.Save(request.Out);
        console.WriteResult(new { vocabulary = request.Out, entries = vocabulary.Count, sha256 = vocabulary.Sha256 });
        return Task.FromResult(ExitCode.Ok);
    }
}
