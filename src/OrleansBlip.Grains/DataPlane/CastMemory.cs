using System.Buffers;
using System.Runtime.InteropServices;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>Numbers as the bytes that a socket reads and writes, without a copy.</summary>
internal sealed class CastMemory<T>(Memory<T> values) : MemoryManager<byte>, IPinnable where T : unmanaged
{
    /// <summary>Elements whose bytes one <see cref="Memory{T}"/> can count.</summary>
    public static readonly int LengthMax = int.MaxValue / Marshal.SizeOf<T>();

    public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(values.Span);

    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        var handle = values.Pin();
        return new MemoryHandle((byte*)handle.Pointer + elementIndex, pinnable: new Pinned(handle));
    }

    public override void Unpin()
    {
        // Each pin frees its own handle.
    }

    protected override void Dispose(bool disposing)
    {
        // The memory is another's.
    }

    private sealed class Pinned(MemoryHandle handle) : IPinnable
    {
        private MemoryHandle _handle = handle;

        public MemoryHandle Pin(int elementIndex) => throw new NotSupportedException("A pin is not pinned again.");

        public void Unpin() => _handle.Dispose();
    }
}
