using System.Diagnostics;
using System.Globalization;

namespace OrleansBlip.Benchmarks;

/// <summary>A measurement in a process of its own, so that its peak of memory is its own.</summary>
internal static class SelfProcess
{
    /// <summary>Runs this program with other arguments.</summary>
    /// <returns>The last line that it prints.</returns>
    public static async Task<string> RunAsync(IEnumerable<string> arguments, CancellationToken cancellation)
    {
        string[] program = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(SelfProcess).Assembly.Location] : [];
        string[] all = [.. program, .. arguments];
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, all) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0) throw new InvalidOperationException($"'{string.Join(' ', all)}' ended with exit code {process.ExitCode}.");
        return output.TrimEnd().Split('\n')[^1];
    }

    /// <summary>The most resident memory that this process ever held, in bytes.</summary>
    public static long PeakBytes()
    {
        var line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
    }
}
