using System.Diagnostics;

namespace OrleansBlip.Silo.Tests;

/// <summary>The silo's program in a process of its own.</summary>
internal static class NodeProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Process Start(params string[] arguments) => StartIn([], arguments);

    public static Process StartIn(Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "OrleansBlip.Silo.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public static async Task<(string Silo, string Gateway)> ReachedAtAsync(Process node)
    {
        var line = await node.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        var reached = NodeAnnouncement.Parse(line ?? throw new InvalidOperationException($"The node ended: {await node.StandardError.ReadToEndAsync()}"));
        return ($"{reached.Silos}", $"{reached.Clients}");
    }

    public static async Task<int> TerminateAsync(Process node)
    {
        using (var kill = Process.Start("kill", ["-TERM", $"{node.Id}"])) await kill.WaitForExitAsync();
        await node.WaitForExitAsync().WaitAsync(Patience);
        return node.ExitCode;
    }
}
