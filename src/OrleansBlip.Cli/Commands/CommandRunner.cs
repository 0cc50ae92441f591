using System.CommandLine;
using OrleansBlip.Data;

namespace OrleansBlip.Cli.Commands;

/// <summary>Runs a command line: parse errors, failures and Ctrl-C become one line on stderr and an exit code.</summary>
internal static class CommandRunner
{
    public static async Task<int> RunAsync(RootCommand root, IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            // The library's first error may be that a command is missing, when the truth is that one is misspelt.
            var wrong = parsed.UnmatchedTokens.Count > 0 ? $"'{parsed.UnmatchedTokens[0]}' is no command or option here." : parsed.Errors[0].Message;
            await error.WriteLineAsync($"error: {OneLine(wrong)} See '{PathOf(parsed)}--help'.");
            return ExitCode.Usage;
        }
        using var interruption = new Interruption(error);
        // The library would end the process two seconds after Ctrl-C: too soon for a checkpoint.
        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, interruption.Token);
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            var resumable = parsed.CommandResult.Command.Options.Any(o => o.Name == "--resume");
            await error.WriteLineAsync(resumable ? $"stopped; to go on, give the same command{(arguments.Contains("--resume") ? "" : " and --resume")}" : "stopped");
            return ExitCode.Interrupted;
        }
        catch (Exception exception)
        {
            var (exitCode, message) = Describe(exception);
            await error.WriteLineAsync($"error: {OneLine(message)}");
            if (parsed.GetValue(BlipRootCommand.Verbose)) await error.WriteLineAsync(exception.ToString());
            return exitCode;
        }
    }

    /// <summary>The project's own exceptions are written for the user; of others only those that the user can cause are.</summary>
    private static (int ExitCode, string Message) Describe(Exception exception) => exception switch
    {
        CommandException command => (command.ExitCode, command.Message),
        AggregateException { InnerExceptions.Count: 1 } aggregate => Describe(aggregate.InnerExceptions[0]),
        FileNotFoundException or DirectoryNotFoundException or DatasetNotFoundException => (ExitCode.NotFound, exception.Message),
        TimeoutException => (ExitCode.TimedOut, exception.Message),
        IOException or InvalidDataException or UnauthorizedAccessException => (ExitCode.Failed, exception.Message),
        _ when exception.GetType().Namespace?.StartsWith("OrleansBlip.", StringComparison.Ordinal) == true => (ExitCode.Failed, exception.Message),
        _ => (ExitCode.Failed, $"unexpected {exception.GetType().Name}: {exception.Message} Run it again with --verbose to see where"),
    };

    private static string OneLine(string message) =>
        string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>The command's words, each followed by a space; none for the root.</summary>
    private static string PathOf(ParseResult parsed)
    {
        var words = "";
        for (Symbol? symbol = parsed.CommandResult.Command; symbol is not (null or RootCommand); symbol = symbol.Parents.FirstOrDefault())
        {
            words = $"{symbol.Name} {words}";
        }
        return words;
    }
}
