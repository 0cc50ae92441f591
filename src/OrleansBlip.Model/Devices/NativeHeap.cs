using System.Runtime.InteropServices;

namespace OrleansBlip.Model.Devices;

/// <summary>
/// How glibc's malloc, from which libtorch takes the memory of CPU tensors, treats what a step frees. By default each tensor above 128 KiB is mapped and
/// unmapped by the kernel, which costs a small model's step a tenth to a fifth of its time.
/// </summary>
public static partial class NativeHeap
{
    private const int TrimThreshold = -1, TopPad = -2, MapsMax = -4;
    private const int KeptBytes = 1 << 30, GrowthBytes = 64 << 20;

    /// <summary>
    /// Lets each of malloc's arenas, about one a thread, keep up to a GiB of freed memory for the next step instead of giving it back; nothing is mapped on
    /// its own, and what is too large for a thread's arena comes from the main one. Numbers do not depend on it. Call it first in Program.cs.
    /// </summary>
    /// <exception cref="InvalidOperationException">malloc refuses.</exception>
    public static void KeepFreed()
    {
        foreach (var (parameter, value) in new[] { (MapsMax, 0), (TrimThreshold, KeptBytes), (TopPad, GrowthBytes) })
            if (SetOption(parameter, value) != 1) throw new InvalidOperationException($"mallopt({parameter}, {value}) was refused: the C library is not the glibc that libtorch needs.");
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int parameter, int value);
}
