namespace OrleansBlip.Cli.Nodes;

/// <summary>A line for each node whenever something of it has changed: for logs and pipes.</summary>
internal sealed class LineNodesView(TextWriter writer) : INodesView
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, NodeRow> _shown = [];

    /// <inheritdoc/>
    public void Show(IReadOnlyList<NodeRow> nodes)
    {
        lock (_lock)
        {
            foreach (var node in nodes.Where(node => _shown.GetValueOrDefault(node.Name) != node))
            {
                _shown[node.Name] = node;
                string[] parts = [$"{node.Name}: {node.State.ToString().ToLowerInvariant()}", node.ProcessId is { } id ? $"process {id}" : "", node.DeviceCount is { } count ? $"{count} devices" : "", node.Runs];
                writer.WriteLine(string.Join(", ", parts.Where(part => part != "")));
            }
        }
    }

    /// <inheritdoc/>
    public void Note(string line)
    {
        lock (_lock) writer.WriteLine(line);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
