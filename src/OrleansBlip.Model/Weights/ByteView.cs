using System.Buffers;
using System.Runtime.InteropServices;

namespace OrleansBlip.Model.Weights;

/// <summary>The bytes of a block of elements, without a copy; to be read only. At most 2 GiB.</summary>
internal sealed class ByteView<T>(ReadOnlyMemory<T> elements) : MemoryManager<byte> where T : unmanaged
{
    public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(MemoryMarshal.AsMemory(elements).Span);

    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        var handle = elements.Pin();
        return new MemoryHandle((byte*)handle.Pointer + elementIndex, pinnable: new Release(handle));
    }

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Release(MemoryHandle handle) : IPinnable
    {
        public MemoryHandle Pin(int elementIndex) => throw new NotSupportedException("The block is pinned already.");

        public void Unpin() => handle.Dispose();
    }
}
