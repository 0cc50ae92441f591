using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrleansBlip.Chaos.Nodes;

/// <summary>Signals to processes of ours.</summary>
internal static partial class Signals
{
    private const int SigKill = 9, SigTerm = 15, SigCont = 18, SigStop = 19;

    /// <summary>Ends it at once.</summary>
    public static void Kill(Process process) => Send(process, SigKill);

    /// <summary>Asks it to end.</summary>
    public static void Terminate(Process process) => Send(process, SigTerm);

    /// <summary>Makes it stand still.</summary>
    public static void Stop(Process process) => Send(process, SigStop);

    /// <summary>Makes it go on.</summary>
    public static void Continue(Process process) => Send(process, SigCont);

    // One that has just ended by itself is what was wanted, or soon noticed.
    private static void Send(Process process, int signal)
    {
        if (!process.HasExited) _ = SendSignal(process.Id, signal);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
