using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>Kestrel's memory for what comes and goes: pieces of 256 KiB where it would use 4, a system call and a wake-up for each.</summary>
internal sealed class LargePieces : IMemoryPoolFactory<byte>
{
    /// <summary>Bytes of a piece.</summary>
    public const int Bytes = 1 << 18;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        public override int MaxBufferSize => Bytes;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, Bytes);
            return new Piece();
        }

        protected override void Dispose(bool disposing)
        {
            // Pieces go back to the array pool one by one.
        }
    }

    private sealed class Piece : IMemoryOwner<byte>
    {
        private byte[]? _array = ArrayPool<byte>.Shared.Rent(Bytes);

        public Memory<byte> Memory => _array;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _array, null) is { } array) ArrayPool<byte>.Shared.Return(array);
        }
    }
}
