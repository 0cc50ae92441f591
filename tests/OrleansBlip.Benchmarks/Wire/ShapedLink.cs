using System.Diagnostics;
using System.Net;

namespace OrleansBlip.Benchmarks.Wire;

/// <summary>Two network namespaces with a link between them that carries so much and no more, each way. They go with this.</summary>
internal sealed class ShapedLink : IDisposable
{
    private readonly string _near = $"blip-near-{Environment.ProcessId}", _far = $"blip-far-{Environment.ProcessId}";

    /// <summary>Makes them.</summary>
    /// <param name="near">Address of one end.</param>
    /// <param name="far">Address of the other.</param>
    /// <param name="rate">As tc understands it; null for as much as goes.</param>
    public ShapedLink(IPAddress near, IPAddress far, string? rate)
    {
        Ip("netns", "add", _near);
        Ip("netns", "add", _far);
        Ip("-n", _near, "link", "add", "link0", "type", "veth", "peer", "name", "link0", "netns", _far);
        foreach (var (space, address) in new[] { (_near, near), (_far, far) })
        {
            Ip("-n", space, "address", "add", $"{address}/30", "dev", "link0");
            Ip("-n", space, "link", "set", "link0", "up");
            Ip("-n", space, "link", "set", "lo", "up");
            if (rate is not null) Run("ip", "netns", "exec", space, "tc", "qdisc", "add", "dev", "link0", "root", "tbf", "rate", rate, "burst", "512kb", "latency", "20ms");
        }
    }

    /// <summary>Starts this program in one of the namespaces.</summary>
    public Process Start(bool isNear, IEnumerable<string> arguments) => SelfProcess.Start(arguments, ["ip", "netns", "exec", isNear ? _near : _far]);

    public void Dispose()
    {
        Ip("netns", "delete", _near);
        Ip("netns", "delete", _far);
    }

    private static void Ip(params string[] arguments) => Run("ip", arguments);

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments))!;
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"'{program} {string.Join(' ', arguments)}' ended with exit code {process.ExitCode}; it wants the root user, iproute2 and a kernel with sch_tbf.");
    }
}
