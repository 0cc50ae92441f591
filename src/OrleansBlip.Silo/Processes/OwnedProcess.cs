using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrleansBlip.Silo.Processes;

/// <summary>
/// A program that does not outlive this process, however this one ends: after kill -9 too, since the kernel itself signals the program then. It is asked to by <c>setpriv</c>
/// of util-linux, which becomes the program. The program is in no terminal's foreground: Ctrl-C is this process's to hear, and to pass on when it is time.
/// </summary>
public sealed partial class OwnedProcess : IDisposable
{
    private const int Interrupted = 2, Terminated = 15;
    private const int LinesKept = 30;

    private readonly Process _process;
    private readonly Queue<string> _complaints = [];
    private readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private OwnedProcess(ProcessStartInfo start, Action<string>? output, Action<string>? complaint)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => { if (line.Data is not null) output?.Invoke(line.Data); };
        _process.ErrorDataReceived += (_, line) => { if (line.Data is not null) Keep(line.Data, complaint); };
    }

    /// <summary>Its number on this machine.</summary>
    public int Id { get; private set; }

    /// <summary>Comes with its exit code when it has ended; 128 + n where signal n ended it.</summary>
    public Task<int> Ended => _ended.Task;

    /// <summary>The last lines that it wrote to stderr, oldest first.</summary>
    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (_complaints) return [.. _complaints];
        }
    }

    /// <summary>Starts a program, whose stdin is this process's own and whose output is read here.</summary>
    /// <param name="program">Its path, or its name on the PATH.</param>
    /// <param name="arguments">What it is told.</param>
    /// <param name="output">Gets each line of its stdout, on any thread.</param>
    /// <param name="environment">Variables that it has besides this process's.</param>
    /// <param name="privileges">Options of setpriv before it: another account, say. The program then starts in the root folder, since that account may not enter this one.</param>
    /// <param name="complaint">Gets each line of its stderr, on any thread.</param>
    /// <param name="deathSignal">What it gets when this process ends: the name of a signal, <c>KILL</c> for one that nothing can delay.</param>
    /// <exception cref="IOException">It cannot be started.</exception>
    public static async Task<OwnedProcess> StartAsync(
        string program, IEnumerable<string> arguments, Action<string>? output = null, IReadOnlyDictionary<string, string>? environment = null, IReadOnlyList<string>? privileges = null,
        Action<string>? complaint = null, string deathSignal = "KILL")
    {
        var start = new ProcessStartInfo("setpriv", [.. privileges ?? [], "--pdeathsig", deathSignal, "--", "setsid", program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (privileges is not null) start.WorkingDirectory = "/";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var owned = new OwnedProcess(start, output, complaint);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // To the kernel a parent is the thread that forked: one of the pool's would end, and the program with it, as soon as the pool needs it no more.
        new Thread(() => owned.Live(started)) { IsBackground = true, Name = $"owner of {Path.GetFileName(program)}" }.Start();
        await started.Task;
        return owned;
    }

    /// <summary>Asks it to end, as a terminal's Ctrl-C does.</summary>
    public void Interrupt() => Signal(Interrupted);

    /// <summary>Asks it to end in good order.</summary>
    public void Terminate() => Signal(Terminated);

    /// <summary>Ends it at once, and whatever it has started.</summary>
    public void Kill()
    {
        if (!Ended.IsCompleted) _process.Kill(entireProcessTree: true);
    }

    /// <summary>Ends it if it lives; <see cref="Ended"/> then comes soon.</summary>
    public void Dispose()
    {
        Kill();
        // Its owner thread reads its end.
        _ = Ended.ContinueWith(_ => _process.Dispose(), TaskScheduler.Default);
    }

    private void Live(TaskCompletionSource started)
    {
        try
        {
            _process.Start();
            Id = _process.Id;
        }
        catch (Win32Exception failure)
        {
            started.SetException(new IOException($"'{_process.StartInfo.FileName}' cannot be started: {failure.Message}. It belongs to util-linux 2.33 or later.", failure));
            return;
        }
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        started.SetResult();
        _process.WaitForExit();
        _ended.SetResult(_process.ExitCode);
    }

    private void Keep(string line, Action<string>? complaint)
    {
        complaint?.Invoke(line);
        lock (_complaints)
        {
            if (_complaints.Count == LinesKept) _complaints.Dequeue();
            _complaints.Enqueue(line);
        }
    }

    private void Signal(int signal)
    {
        if (!Ended.IsCompleted) _ = Send(Id, signal);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int process, int signal);
}
