using Spectre.Console;

namespace OrleansBlip.Cli.Nodes;

/// <summary>A table that stays in its place, with the latest lines above it.</summary>
internal sealed class TerminalNodesView : INodesView
{
    private readonly IAnsiConsole _console;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<LiveDisplayContext> _context = new();
    private readonly Task _display;

    public TerminalNodesView(IAnsiConsole console)
    {
        _console = console;
        _display = console.Live(TableOf([])).StartAsync(context =>
        {
            _context.SetResult(context);
            return _closed.Task;
        });
    }

    /// <inheritdoc/>
    // The library hands out its context before StartAsync first yields.
    public void Show(IReadOnlyList<NodeRow> nodes) => _context.Task.GetAwaiter().GetResult().UpdateTarget(TableOf(nodes));

    /// <inheritdoc/>
    public void Note(string line) => _console.MarkupLineInterpolated($"{line}");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _closed.TrySetResult();
        await _display;
    }

    private static Table TableOf(IReadOnlyList<NodeRow> nodes)
    {
        var table = new Table().AddColumns("node", "process", "state", "devices", "runs").RoundedBorder();
        foreach (var node in nodes)
            table.AddRow(new[] { node.Name, $"{node.ProcessId}", node.State.ToString().ToLowerInvariant(), $"{node.DeviceCount}", node.Runs }.Select(Markup.Escape).ToArray());
        return table;
    }
}
