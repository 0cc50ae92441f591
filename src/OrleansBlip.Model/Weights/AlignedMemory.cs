using System.Runtime.CompilerServices;

namespace OrleansBlip.Model.Weights;

/// <summary>
/// Arrays that begin where libtorch's own tensors do, at a multiple of 64 bytes, and stay there. Matrix products choose their way by the addresses of what they read: with weights in an
/// array that begins elsewhere, as the runtime's do, a gradient has other last bits in each process.
/// </summary>
public static class AlignedMemory
{
    /// <summary>Where memory begins: at a multiple of so many bytes.</summary>
    public const int AlignmentBytes = 64;

    /// <summary>Zeros.</summary>
    /// <param name="length">How many.</param>
    /// <param name="lead">Elements that are left free before the memory, a multiple of the alignment.</param>
    /// <exception cref="ArgumentException">The lead is no multiple of the alignment.</exception>
    public static unsafe Memory<T> Allocate<T>(int length, int lead = 0) where T : unmanaged
    {
        if (lead * sizeof(T) % AlignmentBytes != 0) throw new ArgumentException($"A lead of {lead} elements is no multiple of {AlignmentBytes} bytes.", nameof(lead));
        T[] array = GC.AllocateArray<T>(length + lead + AlignmentBytes / sizeof(T), pinned: true);
        int start = (int)(-(nint)Unsafe.AsPointer(ref array[0]) & (AlignmentBytes - 1)) / sizeof(T);
        return array.AsMemory(start + lead, length);
    }

    /// <summary>Whether memory begins at such a place.</summary>
    public static unsafe bool IsAligned(ReadOnlySpan<float> values)
    {
        fixed (float* first = values) return ((nint)first & (AlignmentBytes - 1)) == 0;
    }
}
