using System.Buffers.Binary;
using System.Text;

namespace OrleansBlip.Data.Shards;

/// <summary>The 512-byte block before each member: POSIX ustar, and what GNU and PAX writers make of it.</summary>
internal readonly record struct TarHeader(string Name, long Length, char Type)
{
    public const int BlockBytes = 512;
    private const int NameBytes = 100;
    private const int ChecksumOffset = 148;

    public static long PaddedLength(long length) => (length + BlockBytes - 1) / BlockBytes * BlockBytes;

    /// <summary>Writes a regular file's header in which nothing varies but name and length.</summary>
    public static void Write(Span<byte> block, string name, long length)
    {
        block.Clear();
        Encoding.ASCII.GetBytes(name, block[..NameBytes]);
        WriteOctal(block[100..108], 0x124); // mode 0444
        WriteOctal(block[108..116], 0); // uid
        WriteOctal(block[116..124], 0); // gid
        WriteOctal(block[124..136], length);
        WriteOctal(block[136..148], 0); // mtime
        block[156] = (byte)'0';
        "ustar\000"u8.CopyTo(block[257..]);
        WriteOctal(block[329..337], 0); // device major
        WriteOctal(block[337..345], 0); // device minor
        WriteOctal(block[ChecksumOffset..(ChecksumOffset + 7)], Checksum(block).Unsigned);
        block[ChecksumOffset + 7] = (byte)' ';
    }

    /// <summary>Reads a block that is not all zero; false where it is no tar header.</summary>
    public static bool TryRead(ReadOnlySpan<byte> block, out TarHeader header)
    {
        header = default;
        if (!TryReadNumber(block.Slice(ChecksumOffset, 8), out var stated) || !TryReadNumber(block[124..136], out var length) || length < 0)
            return false;
        var (unsigned, signed) = Checksum(block);
        if (stated != unsigned && stated != signed)
            return false;
        var name = Text(block[..NameBytes]);
        var isPosix = block.Slice(257, 6).SequenceEqual("ustar\0"u8);
        if (isPosix && block[345] != 0)
            name = $"{Text(block[345..500])}/{name}";
        header = new TarHeader(name, length, block[156] == 0 ? '0' : (char)block[156]);
        return true;
    }

    // Old writers summed signed bytes.
    private static (long Unsigned, long Signed) Checksum(ReadOnlySpan<byte> block)
    {
        long unsigned = 0, signed = 0;
        for (var i = 0; i < BlockBytes; i++)
        {
            var value = i is >= ChecksumOffset and < ChecksumOffset + 8 ? (byte)' ' : block[i];
            unsigned += value;
            signed += (sbyte)value;
        }
        return (unsigned, signed);
    }

    private static void WriteOctal(Span<byte> field, long value)
    {
        for (var i = field.Length - 2; i >= 0; i--, value >>= 3)
            field[i] = (byte)('0' + (value & 7));
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        if ((field[0] & 0x80) != 0)
        {
            // GNU base 256, big-endian; only its low 63 bits can be meant.
            value = field.Length == 12 ? BinaryPrimitives.ReadInt64BigEndian(field[4..]) : -1;
            return value >= 0 && field[0] == 0x80 && !field[1..4].ContainsAnyExcept((byte)0);
        }
        var digits = field.Trim(" \0"u8);
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return false;
            value = value << 3 | (uint)(digit - '0');
        }
        return true;
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }
}
