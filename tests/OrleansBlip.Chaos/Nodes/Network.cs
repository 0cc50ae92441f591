using System.Diagnostics;
using System.Net;
using OrleansBlip.Chaos.Schedules;

namespace OrleansBlip.Chaos.Nodes;

/// <summary>
/// The loopback interface of a network namespace of our own, where packets can be lost. A node is known by its process's group; which packets come to it and which from it the kernel's
/// connection tracking knows, since it notes at which end of a connection the node is.
/// </summary>
internal sealed class Network
{
    private const string Variable = "ORLEANSBLIP_CHAOS_NAMESPACE";
    private const int FirstGroup = 7000, NodesMax = 15;

    private static readonly string[] Tools = ["/usr/sbin/nft", "/usr/sbin/ip", "/usr/bin/unshare", "/usr/bin/setpriv"];

    private readonly bool[] _isTaken = new bool[NodesMax];

    /// <summary>Whether this process lives in a namespace of its own.</summary>
    public static bool IsOwn => Environment.GetEnvironmentVariable(Variable) == "1";

    /// <summary>Why there can be none; null where there can.</summary>
    public static string? MissingReason => !Environment.IsPrivilegedProcess ? "this needs root" : Array.Find(Tools, tool => !File.Exists(tool)) is { } missing ? $"{missing} is not installed" : null;

    /// <summary>Runs this program once more, in a namespace of its own.</summary>
    /// <returns>Its exit code.</returns>
    public static async Task<int> RunInOwnAsync(string[] arguments)
    {
        string[] program = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Environment.ProcessPath!, typeof(Network).Assembly.Location] : [Environment.ProcessPath!];
        var start = new ProcessStartInfo("unshare", ["--net", "--", .. program, .. arguments]);
        start.Environment[Variable] = "1";
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>Sets the namespace up.</summary>
    public static async Task<Network> OpenAsync()
    {
        await RunAsync("ip", "link set lo up");
        // Connections are to be told apart from the first packet on: the marks are made for all nodes at once.
        var marks = Enumerable.Range(0, NodesMax).SelectMany(node => new[]
        {
            $"meta skgid {FirstGroup + node} ct direction original ct mark set ct mark or {OpenedBy(node)}",
            $"meta skgid {FirstGroup + node} ct direction reply ct mark set ct mark or {TakenBy(node)}",
        });
        await NftAsync(["add table inet chaos", "add chain inet chaos marks { type filter hook output priority 0; }",
            "add chain inet chaos loss { type filter hook output priority 50; }", "add chain inet chaos redirected { type nat hook output priority -100; }", .. marks.Select(mark => $"add rule inet chaos marks {mark}"),
            .. Enumerable.Range(0, NodesMax).Select(node => $"add chain inet chaos node{node} {{ type filter hook output priority {node + 1}; }}")]);
        return new Network();
    }

    /// <summary>The group of a new node.</summary>
    /// <exception cref="InvalidOperationException">There are too many nodes at once.</exception>
    public int Take()
    {
        lock (_isTaken)
        {
            int node = Array.IndexOf(_isTaken, false);
            if (node < 0) throw new InvalidOperationException($"More than {NodesMax} nodes at once cannot be told apart.");
            _isTaken[node] = true;
            return FirstGroup + node;
        }
    }

    /// <summary>A node is no more.</summary>
    public void Return(int group)
    {
        lock (_isTaken) _isTaken[group - FirstGroup] = false;
    }

    /// <summary>Loses a node's packets from now on, all but those to and from the database.</summary>
    /// <param name="group">The node.</param>
    /// <param name="direction">Which.</param>
    /// <param name="listening">Where the node can be connected to.</param>
    /// <param name="databasePort">The database's port.</param>
    public static Task CutAsync(int group, Direction direction, IReadOnlyList<IPEndPoint> listening, int databasePort)
    {
        int node = group - FirstGroup;
        string chain = $"add rule inet chaos node{node}", ports = string.Join(", ", listening.Select(endpoint => endpoint.Port));
        List<string> rules = [$"{chain} tcp dport {databasePort} accept", $"{chain} tcp sport {databasePort} accept"];
        if (direction != Direction.In) rules.Add($"{chain} meta skgid {group} drop");
        if (direction != Direction.Out)
        {
            rules.Add($"{chain} tcp dport {{ {ports} }} drop");
            rules.Add($"{chain} ct mark and {OpenedBy(node)} == {OpenedBy(node)} ct direction reply drop");
            rules.Add($"{chain} ct mark and {TakenBy(node)} == {TakenBy(node)} ct direction original drop");
        }
        return NftAsync(rules);
    }

    /// <summary>Loses a tenth of all nodes' packets for a while, and carries 1 Mbit/s.</summary>
    public static async Task DegradeAsync(TimeSpan duration)
    {
        await NftAsync([$"add rule inet chaos loss meta skgid {FirstGroup}-{FirstGroup + NodesMax} numgen random mod 10 == 0 drop"]);
        await RunAsync("tc", "qdisc add dev lo root tbf rate 1mbit burst 64kb latency 400ms");
        await Task.Delay(duration);
        await RunAsync("tc", "qdisc del dev lo root");
        await NftAsync(["flush chain inet chaos loss"]);
    }

    /// <summary>Leads new connections of nodes to a port of this process, but those to the database.</summary>
    public static Task RedirectAsync(int port, int databasePort) =>
        NftAsync([$"add rule inet chaos redirected meta skgid {FirstGroup}-{FirstGroup + NodesMax - 1} tcp dport != {databasePort} redirect to :{port}"]);

    /// <summary>Leads them there no longer.</summary>
    public static Task EndRedirectAsync() => NftAsync(["flush chain inet chaos redirected"]);

    /// <summary>Loses nothing of a node any more.</summary>
    public static Task HealAsync(int group) => NftAsync([$"flush chain inet chaos node{group - FirstGroup}"]);

    private static string OpenedBy(int node) => $"0x{1 << (2 * node):x}";

    private static string TakenBy(int node) => $"0x{2 << (2 * node):x}";

    private static async Task NftAsync(IReadOnlyList<string> commands)
    {
        using var process = Process.Start(new ProcessStartInfo("nft", ["-f", "-"]) { RedirectStandardInput = true, RedirectStandardError = true })!;
        await process.StandardInput.WriteAsync(string.Join('\n', commands) + "\n");
        process.StandardInput.Close();
        string said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new IOException($"nft refuses '{string.Join("; ", commands)}': {said}");
    }

    private static async Task RunAsync(string program, string arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new IOException($"'{program} {arguments}' ended with exit code {process.ExitCode}.");
    }
}
