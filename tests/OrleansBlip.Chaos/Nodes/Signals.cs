using System.Runtime.InteropServices;
using OrleansBlip.Silo.Processes;

namespace OrleansBlip.Chaos.Nodes;

/// <summary>Signals to processes of ours.</summary>
internal static partial class Signals
{
    private const int SigKill = 9, SigCont = 18, SigStop = 19;

    /// <summary>Ends it at once.</summary>
    public static void Kill(OwnedProcess process) => Send(process, SigKill);

    /// <summary>Makes it stand still.</summary>
    public static void Stop(OwnedProcess process) => Send(process, SigStop);

    /// <summary>Makes it go on.</summary>
    public static void Continue(OwnedProcess process) => Send(process, SigCont);

    // One that has just ended by itself is what was wanted, or soon noticed.
    private static void Send(OwnedProcess process, int signal)
    {
        if (!process.Ended.IsCompleted) _ = SendSignal(process.Id, signal);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
