using System.CommandLine;
using System.Text.Json;
using OrleansBlip.Cli.Nodes;
using OrleansBlip.Cli.Progress;
using Spectre.Console;

namespace OrleansBlip.Cli.Commands;

/// <summary>Where a job writes: results to stdout, as text or as one JSON document, and progress to stderr.</summary>
internal sealed class JobConsole
{
    private const int WidthOfFiles = 200;

    private readonly TextWriter _error;
    private readonly bool _quiet;
    private Action<string> _note;

    private JobConsole(TextWriter output, TextWriter error, bool json, bool quiet, bool verbose)
    {
        IsVerbose = verbose;
        Output = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (!Output.Profile.Out.IsTerminal) Output.Profile.Width = WidthOfFiles; // a table in a file must not wrap
        OutputText = output;
        _error = error;
        IsJson = json;
        _quiet = quiet;
        _note = quiet ? _ => { } : error.WriteLine;
    }

    /// <summary>Whether stdout takes one JSON document and nothing else.</summary>
    public bool IsJson { get; }

    /// <summary>Whether the silos' warnings are shown too.</summary>
    public bool IsVerbose { get; }

    /// <summary>Tables and text for people; colours only on a terminal, and never with NO_COLOR.</summary>
    public IAnsiConsole Output { get; }

    /// <summary>The same stream, for JSON.</summary>
    public TextWriter OutputText { get; }

    public static JobConsole For(ParseResult result) => new(
        result.InvocationConfiguration.Output,
        result.InvocationConfiguration.Error,
        result.GetValue(BlipRootCommand.Json),
        result.GetValue(BlipRootCommand.Quiet),
        result.GetValue(BlipRootCommand.Verbose));

    /// <summary>Bars on a terminal, a line now and then elsewhere, nothing when quiet.</summary>
    public IProgressView OpenProgress(TimeProvider clock)
    {
        if (_quiet) return new SilentProgressView(_error);
        var console = ErrorConsole();
        IProgressView view = console.Profile.Out.IsTerminal ? new TerminalProgressView(console) : new LineProgressView(_error, clock);
        _note = view.Note;
        return view;
    }

    /// <summary>A table of nodes on a terminal, lines elsewhere and when quiet.</summary>
    public INodesView OpenNodes()
    {
        var console = ErrorConsole();
        INodesView view = console.Profile.Out.IsTerminal && !_quiet ? new TerminalNodesView(console) : new LineNodesView(_quiet ? TextWriter.Null : _error);
        _note = view.Note;
        return view;
    }

    /// <summary>Tells something beside the result, on stderr, past the progress that stands there; nothing when quiet.</summary>
    public void Note(string text) => _note(text);

    private IAnsiConsole ErrorConsole() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(_error) });

    /// <summary>Prints a flat result: one JSON document, or a line for each member.</summary>
    public void WriteResult(object result)
    {
        var json = JsonSerializer.SerializeToElement(result, JsonSerializerOptions.Web);
        if (IsJson) OutputText.WriteLine(json.GetRawText());
        else foreach (var member in json.EnumerateObject()) OutputText.WriteLine($"{member.Name,-14} {member.Value}");
    }
}
