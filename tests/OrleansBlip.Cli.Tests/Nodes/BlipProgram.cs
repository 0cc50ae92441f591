using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using OrleansBlip.Cli.Commands;

namespace OrleansBlip.Cli.Tests.Nodes;

/// <summary>The command line's program in a process of its own.</summary>
internal sealed class BlipProgram : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2), LookInterval = TimeSpan.FromMilliseconds(50);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = [], _output = [];

    public BlipProgram(params string[] arguments)
    {
        _process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "blip.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null) return;
            _lines.Enqueue(line.Data);
            _output.Enqueue(line.Data);
        };
        _process.ErrorDataReceived += (_, line) => { if (line.Data is not null) _lines.Enqueue(line.Data); };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private int Id => _process.Id;

    /// <summary>Waits for a line, on stdout or stderr.</summary>
    public async Task<Match> LineAsync(string pattern)
    {
        Match? found = null;
        await UntilAsync(() =>
        {
            found = _lines.Select(line => Regex.Match(line, pattern)).LastOrDefault(match => match.Success);
            if (found is null && _process.HasExited) throw new InvalidOperationException($"It has ended: {this}");
            return found is not null;
        });
        return found!;
    }

    /// <summary>Waits until something is so.</summary>
    public async Task UntilAsync(Func<bool> isSo)
    {
        using var look = new PeriodicTimer(LookInterval);
        for (long start = Stopwatch.GetTimestamp(); !isSo(); await look.WaitForNextTickAsync())
            if (Stopwatch.GetElapsedTime(start) > Patience) throw new TimeoutException($"It does not come to that: {this}");
    }

    /// <summary>Asks it to end.</summary>
    public async Task<int> TerminateAsync()
    {
        await SignalAsync("TERM", _process.Id);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    /// <summary>What it has written to stdout when it ends well.</summary>
    public async Task<string> ResultAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(_process.ExitCode == ExitCode.Ok, ToString());
        return string.Join('\n', _output);
    }

    /// <summary>Ends it alone at once, not what it has started.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>Sends a signal to any process.</summary>
    public static async Task SignalAsync(string signal, int process)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>What it has started and what lives: nodes, and the database's server.</summary>
    public int[] Children() => [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!)).Where(IsChild)];

    /// <summary>The nodes among them.</summary>
    public int[] Nodes() => [.. Children().Where(IsNode)];

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    public override string ToString() => string.Join('\n', _lines);

    private static bool IsNode(int process) => Tells(() => File.ReadAllText($"/proc/{process}/cmdline").Contains("OrleansBlip.Silo", StringComparison.Ordinal));

    private bool IsChild(int process) => Tells(() => File.ReadLines($"/proc/{process}/status").Contains($"PPid:\t{Id}"));

    /// <summary>What the system tells of a process, which may end meanwhile.</summary>
    private static bool Tells(Func<bool> isSo)
    {
        try
        {
            return isSo();
        }
        catch (IOException)
        {
            return false;
        }
    }
}
