using System.Diagnostics;
using System.Globalization;

namespace OrleansBlip.Benchmarks;

/// <summary>A measurement in a process of its own, so that its peak of memory is its own.</summary>
internal static class SelfProcess
{
    private static string[] Program => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(SelfProcess).Assembly.Location] : [];

    /// <summary>Starts this program with other arguments, to be spoken to in lines.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="under">A program that starts it, with its own arguments; none for nothing.</param>
    public static Process Start(IEnumerable<string> arguments, params string[] under)
    {
        string[] all = [.. under, Environment.ProcessPath!, .. Program, .. arguments];
        return Process.Start(new ProcessStartInfo(all[0], all[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    /// <summary>Runs this program with other arguments.</summary>
    /// <returns>The last line that it prints.</returns>
    public static async Task<string> RunAsync(IEnumerable<string> arguments, CancellationToken cancellation)
    {
        string[] all = [.. Program, .. arguments];
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
