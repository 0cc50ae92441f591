using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>
/// One end of a connection of the data plane: frames, and numbers that go straight from the memory that holds them to the memory that wants them. Whatever stands still
/// for too long ends in an <see cref="IOException"/>. Not for use by two threads at once.
/// </summary>
/// <param name="input">Where bytes come from.</param>
/// <param name="output">Where they go.</param>
/// <param name="time">The clock.</param>
/// <param name="writePatience">How long the other end may take nothing.</param>
/// <param name="count">Told of bytes, sent ones as a positive number and received ones as a negative.</param>
internal sealed class BlockStream(Stream input, Stream output, TimeProvider time, TimeSpan writePatience, Action<long> count) : IAsyncDisposable
{
    /// <summary>Bytes that are read, written, hashed or converted at once: they stay in the second cache.</summary>
    private const int PieceBytes = 1 << 18;

    /// <summary>After so many bytes others have their turn on the pool's thread: a socket that always has more would keep it for a whole block, and grain calls wait.</summary>
    private const int TurnBytes = 1 << 18;

    private readonly XxHash3 _sent = new(), _received = new();
    private readonly byte[] _prefix = new byte[FrameFormat.PrefixBytes];
    private int _turn;

    /// <summary>Writes a frame.</summary>
    public async Task WriteFrameAsync<T>(FrameKind kind, T header, CancellationToken cancellation)
    {
        using var patience = new Patience(time, writePatience, cancellation);
        await WriteAsync(FrameFormat.Write(kind, header), patience);
    }

    /// <summary>Reads a frame; null where the other end has closed the connection before it.</summary>
    /// <param name="headerBytesMax">The longest header that is read.</param>
    /// <param name="silence">How long nothing may come.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<Frame?> ReadFrameAsync(int headerBytesMax, TimeSpan silence, CancellationToken cancellation)
    {
        using var patience = new Patience(time, silence, cancellation);
        if (!await ReadExactlyAsync(_prefix, patience, mayEnd: true)) return null;
        var (kind, length, checksum) = FrameFormat.ReadPrefix(_prefix, headerBytesMax);
        byte[] header = new byte[length];
        await ReadExactlyAsync(header, patience);
        return FrameFormat.Matches(kind, header, checksum) ? new Frame(kind, header) : throw new FrameException("damaged header");
    }

    /// <summary>Writes a sum. It has a checksum of its own and does not count in <see cref="WriteChecksumAsync"/>.</summary>
    /// <param name="values">The numbers; bfloat16 ones are rounded already.</param>
    /// <param name="precision">As what.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task WriteSumAsync(ReadOnlyMemory<float> values, GradientPrecision precision, CancellationToken cancellation)
    {
        if (precision == GradientPrecision.Float32)
        {
            await WriteRawAsync(values, isHashed: false, cancellation);
            return;
        }
        using var patience = new Patience(time, writePatience, cancellation);
        ushort[] halves = ArrayPool<ushort>.Shared.Rent(Math.Min(values.Length, PieceBytes / sizeof(ushort)));
        try
        {
            for (int start = 0; start < values.Length; start += halves.Length)
            {
                int length = Math.Min(halves.Length, values.Length - start);
                BFloat16.Pack(values.Span.Slice(start, length), halves.AsSpan(0, length));
                await WriteAsync(new CastMemory<ushort>(halves.AsMemory(0, length)).Memory, patience);
            }
        }
        finally
        {
            ArrayPool<ushort>.Shared.Return(halves);
        }
    }

    /// <summary>Writes numbers as they are.</summary>
    public async Task WriteRawAsync<T>(ReadOnlyMemory<T> values, bool isHashed, CancellationToken cancellation) where T : unmanaged
    {
        using var patience = new Patience(time, writePatience, cancellation);
        var all = MemoryMarshal.AsMemory(values);
        for (int start = 0; start < all.Length; start += CastMemory<T>.LengthMax)
        {
            var bytes = new CastMemory<T>(all.Slice(start, Math.Min(CastMemory<T>.LengthMax, all.Length - start))).Memory;
            for (int from = 0; from < bytes.Length; from += PieceBytes)
            {
                var piece = bytes.Slice(from, Math.Min(PieceBytes, bytes.Length - from));
                if (isHashed) _sent.Append(piece.Span);
                await WriteAsync(piece, patience);
            }
        }
    }

    /// <summary>Reads a sum straight into <paramref name="values"/>.</summary>
    /// <param name="values">Where it goes.</param>
    /// <param name="precision">As what it comes.</param>
    /// <param name="silence">How long nothing may come.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The checksum of the numbers that came, made while they were in the cache.</returns>
    public async Task<ulong> ReadSumAsync(Memory<float> values, GradientPrecision precision, TimeSpan silence, CancellationToken cancellation)
    {
        var checksum = new XxHash3();
        if (precision == GradientPrecision.Float32)
        {
            await ReadRawAsync(values, checksum, silence, cancellation);
            return checksum.GetCurrentHashAsUInt64();
        }
        // The halves come into the upper half of the room for them, and are widened from below: each is read before its place is written.
        using var patience = new Patience(time, silence, cancellation);
        for (int start = 0; start < values.Length; start += CastMemory<float>.LengthMax)
        {
            var part = values.Slice(start, Math.Min(CastMemory<float>.LengthMax, values.Length - start));
            var halves = new CastMemory<float>(part).Memory[(part.Length * sizeof(ushort))..];
            for (int received = 0, widened = 0; received < halves.Length; widened = received / sizeof(ushort))
            {
                received += await ReadAsync(halves[received..], patience);
                int length = received / sizeof(ushort) - widened;
                var wide = part.Span.Slice(widened, length);
                BFloat16.Unpack(MemoryMarshal.Cast<byte, ushort>(halves.Span).Slice(widened, length), wide);
                checksum.Append(MemoryMarshal.AsBytes(wide));
            }
        }
        return checksum.GetCurrentHashAsUInt64();
    }

    /// <summary>Reads numbers as they are, straight into <paramref name="values"/>; they count in <see cref="ReadChecksumAsync"/>.</summary>
    /// <param name="values">Where they go.</param>
    /// <param name="silence">How long nothing may come.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="came">Told how many of them have come; null where nobody wants to know.</param>
    public Task ReadRawAsync<T>(Memory<T> values, TimeSpan silence, CancellationToken cancellation, Action<int>? came = null) where T : unmanaged =>
        ReadRawAsync(values, _received, silence, cancellation, came);

    /// <summary>Reads and forgets.</summary>
    public async Task SkipAsync(long bytes, TimeSpan silence, CancellationToken cancellation)
    {
        using var patience = new Patience(time, silence, cancellation);
        byte[] piece = ArrayPool<byte>.Shared.Rent((int)Math.Min(bytes, PieceBytes));
        try
        {
            while (bytes > 0) bytes -= await ReadAsync(piece.AsMemory(0, (int)Math.Min(bytes, piece.Length)), patience);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <summary>Writes the checksum of the numbers that were written since the last one.</summary>
    public async Task WriteChecksumAsync(CancellationToken cancellation)
    {
        byte[] checksum = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(checksum, _sent.GetCurrentHashAsUInt64());
        _sent.Reset();
        using var patience = new Patience(time, writePatience, cancellation);
        await WriteAsync(checksum, patience);
    }

    /// <summary>Reads the checksum of the numbers that were read since the last one.</summary>
    /// <returns>Whether they came as they were sent.</returns>
    public async Task<bool> ReadChecksumAsync(TimeSpan silence, CancellationToken cancellation)
    {
        byte[] checksum = new byte[sizeof(ulong)];
        using var patience = new Patience(time, silence, cancellation);
        await ReadExactlyAsync(checksum, patience);
        ulong expected = _received.GetCurrentHashAsUInt64();
        _received.Reset();
        return BinaryPrimitives.ReadUInt64LittleEndian(checksum) == expected;
    }

    /// <summary>Closes the connection at this end.</summary>
    public async ValueTask DisposeAsync()
    {
        await output.DisposeAsync();
        await input.DisposeAsync();
    }

    private async Task ReadRawAsync<T>(Memory<T> values, XxHash3 checksum, TimeSpan silence, CancellationToken cancellation, Action<int>? came = null) where T : unmanaged
    {
        using var patience = new Patience(time, silence, cancellation);
        for (int start = 0; start < values.Length; start += CastMemory<T>.LengthMax)
        {
            var bytes = new CastMemory<T>(values.Slice(start, Math.Min(CastMemory<T>.LengthMax, values.Length - start))).Memory;
            for (int received = 0; received < bytes.Length;)
            {
                int read = await ReadAsync(bytes[received..], patience);
                checksum.Append(bytes.Span.Slice(received, read));
                received += read;
                came?.Invoke(start + received / Unsafe.SizeOf<T>());
            }
        }
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, Patience patience)
    {
        patience.Renew();
        try
        {
            await output.WriteAsync(bytes, patience.Token);
        }
        catch (OperationCanceledException) when (patience.IsOver)
        {
            throw new IOException($"The other end has taken nothing for {writePatience.TotalSeconds:f0} s.");
        }
        count(bytes.Length);
        await GiveTurnAsync(bytes.Length);
    }

    private async ValueTask<int> ReadAsync(Memory<byte> bytes, Patience patience)
    {
        int read = await ReadOrEndAsync(bytes[..Math.Min(bytes.Length, PieceBytes)], patience);
        await GiveTurnAsync(read);
        return read > 0 ? read : throw new EndOfStreamException("The other end has closed the connection within a block.");
    }

    private async ValueTask<int> ReadOrEndAsync(Memory<byte> bytes, Patience patience)
    {
        patience.Renew();
        try
        {
            int read = await input.ReadAsync(bytes, patience.Token);
            count(-read);
            return read;
        }
        catch (OperationCanceledException) when (patience.IsOver)
        {
            throw new IOException("Nothing has come from the other end for too long.");
        }
    }

    private async ValueTask GiveTurnAsync(int bytes)
    {
        if ((_turn += bytes) < TurnBytes) return;
        _turn = 0;
        await Task.Yield();
    }

    private async ValueTask<bool> ReadExactlyAsync(Memory<byte> bytes, Patience patience, bool mayEnd = false)
    {
        for (int received = 0; received < bytes.Length;)
        {
            int read = await ReadOrEndAsync(bytes[received..], patience);
            if (read == 0 && received == 0 && mayEnd) return false;
            if (read == 0) throw new EndOfStreamException("The other end has closed the connection within a frame.");
            received += read;
        }
        return true;
    }

    /// <summary>A token that ends when nothing has moved for a while, or by another's.</summary>
    private sealed class Patience : IDisposable
    {
        private readonly TimeSpan _span;
        private readonly CancellationTokenSource _source;
        private readonly CancellationToken _outer;
        private readonly CancellationTokenRegistration _registration;

        public Patience(TimeProvider time, TimeSpan span, CancellationToken outer)
        {
            (_span, _outer) = (span, outer);
            _source = new CancellationTokenSource(span, time);
            _registration = outer.UnsafeRegister(state => ((CancellationTokenSource)state!).Cancel(), _source);
        }

        public CancellationToken Token => _source.Token;

        public bool IsOver => _source.IsCancellationRequested && !_outer.IsCancellationRequested;

        public void Renew() => _source.CancelAfter(_span);

        public void Dispose()
        {
            _registration.Dispose();
            _source.Dispose();
        }
    }
}
