using OrleansBlip.Cli.Nodes;
using Spectre.Console;

namespace OrleansBlip.Cli.Tests.Nodes;

public sealed class LineNodesViewTests
{
    private static readonly NodeRow First = new("node-1", 41, NodeState.Running, 2, "train"), Second = new("node-2", null, NodeState.Waiting, null, "");

    [Fact]
    public async Task Lines_OfNodes_AreWrittenWhereSomethingChanged()
    {
        var writer = new StringWriter();
        await using var view = new LineNodesView(writer);
        view.Show([First, Second]);
        view.Show([First, Second with { ProcessId = 43, State = NodeState.Starting }]);
        Assert.Equal(["node-1: running, process 41, 2 devices, train", "node-2: waiting", "node-2: starting, process 43"], writer.ToString().TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Table_OfNodes_ShowsThem()
    {
        var writer = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(writer) });
        await using (var view = new TerminalNodesView(console))
        {
            view.Show([First, Second]);
            view.Note("node-2: [gone]");
        }
        Assert.Contains("node-2: [gone]", writer.ToString(), StringComparison.Ordinal);
        Assert.Matches("node-1 +│ +41 +│ +running +│ +2 +│ +train", writer.ToString());
    }
}
