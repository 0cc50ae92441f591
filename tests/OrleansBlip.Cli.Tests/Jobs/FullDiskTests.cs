using System.ComponentModel;
using System.Diagnostics;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Cli.Tests.Jobs;

/// <summary>The program on a file system that is too small: a memory file system in a mount namespace of its own, which needs no privilege.</summary>
public sealed class FullDiskTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly string _folder = Directory.CreateTempSubdirectory("blip-disk").FullName;

    [SmallDiskFact]
    public async Task ShapeWorld_OnAFullDisk_LeavesNothing()
    {
        var (exitCode, output, errors) = await RunAsync("1m", """blip shapeworld --web 2000 --clean 20 --val 5 --test 5 --out disk/world; code=$?; find disk -mindepth 1; exit $code""");
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Matches("^error: No space left on device.*\n$", errors);
        Assert.Equal("", output);
    }

    [SmallDiskFact]
    public async Task Train_WhoseLastCheckpointDoesNotFit_SaysSo_AndEndsWithTheSameWeightsOnceThereIsSpace()
    {
        WriteWorld();
        var (exitCode, output, errors) = await RunAsync("2m", """
            blip train world/clean --recipe grid --steps 3 --out whole --json | grep -o 'weightsSha256.*[0-9a-f]\{64\}' > whole.txt
            mkfifo said
            blip train world/clean --recipe grid --steps 3 --out disk/run --json > waited.json 2> said &
            while read -r line; do
                echo "$line" >&2
                case "$line" in *'could not be written'*) mount -o remount,size=64m disk;; esac
            done < said
            wait $!; code=$?
            find disk -name '*.partial' -o -name '*.safetensors'
            test -s whole.txt && grep -o 'weightsSha256.*[0-9a-f]\{64\}' waited.json | cmp - whole.txt && exit $code
            """);
        Assert.True(exitCode == ExitCode.Ok, $"exit {exitCode}\n{output}\n{errors}");
        Assert.Matches("^pre-train: The checkpoint of step 3 could not be written: .*No space left on device.*The run holds what it has learned and tries again every 5 s; make room for it, or kill the run to do without.\n$", errors);
        Assert.Equal("disk/run/model/model.safetensors\n", output);
    }

    [SmallDiskFact]
    public async Task Train_WhoseStateDoesNotFit_EndsInsteadOfWaitingForEver()
    {
        WriteWorld();
        var (exitCode, output, errors) = await RunAsync("100k", "blip train world/clean --recipe grid --steps 3 --out disk/run");
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Matches("^error: pre-train cannot go on: its state cannot be written: .*disk is full.*\n$", errors);
        Assert.Equal("", output);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void WriteWorld() =>
        new ShapeWorldWriter(new ShapeWorldSpec { CleanCount = 20, WebCount = 0, ValCount = 0, TestCount = 0 }).Write(Path.Combine(_folder, "world"));

    /// <summary>Runs a script in the test's folder, where <c>disk</c> is a file system of so many bytes and <c>blip</c> the program.</summary>
    private async Task<(int ExitCode, string Output, string Errors)> RunAsync(string size, string script)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "disk"));
        var whole = $$"""
            blip() { dotnet '{{Path.Combine(AppContext.BaseDirectory, "blip.dll")}}' "$@" --quiet; }
            mount -t tmpfs -o size={{size}} none disk
            {{script}}
            """;
        using var process = Start(_folder, whole);
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(string folder, string script) => Process.Start(
        new ProcessStartInfo("unshare", ["--map-root-user", "--mount", "sh", "-c", script]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;

    private sealed class SmallDiskFactAttribute : FactAttribute
    {
        private static readonly string? Missing = CanMount() ? null : "a memory file system cannot be mounted in a namespace here";

        public SmallDiskFactAttribute() => Skip = Missing;

        private static bool CanMount()
        {
            try
            {
                using var process = Start(Path.GetTempPath(), "mount -t tmpfs none /mnt");
                process.WaitForExit();
                return process.ExitCode == 0;
            }
            catch (Win32Exception)
            {
                return false;
            }
        }
    }
}
