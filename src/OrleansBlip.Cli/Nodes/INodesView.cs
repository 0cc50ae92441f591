namespace OrleansBlip.Cli.Nodes;

/// <summary>Shows nodes as they come and go. Calls may come from any thread.</summary>
internal interface INodesView : IAsyncDisposable
{
    /// <summary>Shows all nodes as they are now.</summary>
    void Show(IReadOnlyList<NodeRow> nodes);

    /// <summary>Shows a line that stays.</summary>
    void Note(string line);
}
