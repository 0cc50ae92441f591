namespace OrleansBlip.Chaos.Nodes;

/// <summary>How the nodes of a cluster are started.</summary>
/// <param name="Options">Options of the silo's command beside those that each node has.</param>
/// <param name="Environment">Variables of the runtime.</param>
internal sealed record NodeSettings(IReadOnlyList<string> Options, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>A published silo; null for the one that was built with this program.</summary>
    public string? Program { get; init; }

    /// <summary>As anybody starts them.</summary>
    public static NodeSettings Default { get; } = new([], new Dictionary<string, string>());

    /// <summary>
    /// For nodes that live for seconds: a dead one is to be missed soon, and what was called a few times is not worth compiling again; 4096 calls (the runtime reads
    /// hexadecimal) are.
    /// </summary>
    public static NodeSettings ShortLived { get; } = new(
        ["--probe-timeout", "1"], new Dictionary<string, string> { ["DOTNET_TC_CallCountThreshold"] = "1000" });
}
