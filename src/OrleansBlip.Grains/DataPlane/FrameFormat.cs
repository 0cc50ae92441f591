using System.Buffers.Binary;
using System.IO.Hashing;
using MessagePack;
using MessagePack.Resolvers;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>
/// A frame's head: 16 bytes that say its kind, how long its header is and the header's checksum; then the header in MessagePack. What a header announces follows it as raw
/// little-endian numbers.
/// </summary>
internal static class FrameFormat
{
    /// <summary>Bytes before the header.</summary>
    public const int PrefixBytes = 16;

    private const ushort Magic = 0xB11B;

    private static readonly MessagePackSerializerOptions Options = MessagePackSerializerOptions.Standard
        .WithResolver(StandardResolverAllowPrivate.Instance)
        .WithSecurity(MessagePackSecurity.UntrustedData.WithMaximumObjectGraphDepth(32));

    /// <summary>A frame's head.</summary>
    public static byte[] Write<T>(FrameKind kind, T header)
    {
        byte[] content = MessagePackSerializer.Serialize(header, Options);
        byte[] frame = new byte[PrefixBytes + content.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(frame, Magic);
        frame[2] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), content.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(8), XxHash3.HashToUInt64(content, (long)kind));
        content.CopyTo(frame, PrefixBytes);
        return frame;
    }

    /// <summary>What a prefix says.</summary>
    /// <exception cref="FrameException">It is none, or announces a longer header than is allowed.</exception>
    public static (FrameKind Kind, int HeaderBytes, ulong Checksum) ReadPrefix(ReadOnlySpan<byte> prefix, int headerBytesMax)
    {
        if (BinaryPrimitives.ReadUInt16LittleEndian(prefix) != Magic || prefix[3] != 0) throw new FrameException("garbage");
        int length = BinaryPrimitives.ReadInt32LittleEndian(prefix[4..]);
        if (length < 0 || length > headerBytesMax) throw new FrameException("long header");
        return ((FrameKind)prefix[2], length, BinaryPrimitives.ReadUInt64LittleEndian(prefix[8..]));
    }

    /// <summary>Whether a header arrived as it was sent.</summary>
    public static bool Matches(FrameKind kind, ReadOnlySpan<byte> header, ulong checksum) => XxHash3.HashToUInt64(header, (long)kind) == checksum;

    /// <summary>A header.</summary>
    /// <exception cref="FrameException">It is none of this kind.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> header) where T : class
    {
        try
        {
            return MessagePackSerializer.Deserialize<T>(header, Options) ?? throw new FrameException("garbage");
        }
        catch (MessagePackSerializationException)
        {
            throw new FrameException("garbage");
        }
    }
}
