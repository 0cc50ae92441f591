using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OrleansBlip.Data.Shards;

/// <summary>
/// Walks the headers of a tar file without reading its members. The system's TarReader ends silently where an archive is cut between two entries or a
/// block is zeroed; here an archive ends at its end marker, with nothing behind it, or the walk throws. Nothing is trusted: lengths are checked
/// before they are used, and only plain files under safe names come out.
/// </summary>
internal sealed class TarScanner(SafeFileHandle file, string shard)
{
    private readonly long _fileBytes = RandomAccess.GetLength(file);
    private readonly byte[] _block = new byte[TarHeader.BlockBytes];
    private long _position;

    /// <summary>The files of the archive: name, offset and length, in their order.</summary>
    public IEnumerable<(string Name, long Offset, int Length)> Walk()
    {
        if (_fileBytes > ShardLimits.ShardBytesMax)
            throw Refuse(null, ShardDefect.TooLarge, $"{_fileBytes} bytes exceed {ShardLimits.ShardBytesMax}");
        var count = 0;
        var extended = new ExtendedHeader(null, null);
        while (ReadHeader() is { } header)
        {
            if (header.Type is 'x' or 'g' or 'L')
            {
                var body = ReadExtended(header);
                extended = header.Type switch { 'x' => ParsePax(body, extended, header.Name), 'L' => extended with { Name = Text(body) }, _ => extended };
                continue;
            }
            header = header with { Name = extended.Name ?? header.Name, Length = extended.Length ?? header.Length };
            extended = new ExtendedHeader(null, null);
            var offset = _position;
            Skip(header);
            if (header.Type == '5')
                continue;
            if (++count > ShardLimits.MembersMax)
                throw Refuse(header.Name, ShardDefect.TooLarge, $"more than {ShardLimits.MembersMax} members");
            CheckMember(header);
            yield return (header.Name, offset, (int)header.Length);
        }
        CheckNothingFollows();
    }

    private TarHeader? ReadHeader()
    {
        Read(_block, "the header of the next member");
        if (!_block.AsSpan().ContainsAnyExcept((byte)0))
            return null;
        return TarHeader.TryRead(_block, out var header)
            ? header
            : throw Refuse(null, ShardDefect.BadHeader, $"at byte {_position - TarHeader.BlockBytes} stands no tar header");
    }

    private void Skip(TarHeader header)
    {
        if (header.Length > _fileBytes - _position)
            throw Refuse(header.Name, ShardDefect.Truncated, $"{header.Length} bytes are declared, {_fileBytes - _position} are left of the file");
        _position = Math.Min(_position + TarHeader.PaddedLength(header.Length), _fileBytes);
    }

    private void CheckMember(TarHeader header)
    {
        if (header.Type != '0')
            throw Refuse(header.Name, ShardDefect.NotAFile, $"links, devices and the like (type '{header.Type}') are refused");
        if (header.Length > ShardLimits.MemberBytesMax)
            throw Refuse(header.Name, ShardDefect.TooLarge, $"{header.Length} bytes exceed {ShardLimits.MemberBytesMax}");
        var isSafe = header.Name.Length > 0 && header.Name[0] != '/' && !header.Name.Any(char.IsControl) && !header.Name.Split('/').Contains("..");
        if (!isSafe)
            throw Refuse(header.Name, ShardDefect.UnsafeName, "the name is empty, absolute, climbs out by '..' or holds control characters");
    }

    private void CheckNothingFollows()
    {
        var buffer = new byte[1 << 16];
        while (_position < _fileBytes)
        {
            var count = RandomAccess.Read(file, buffer, _position);
            if (count == 0 || buffer.AsSpan(0, count).ContainsAnyExcept((byte)0))
                throw Refuse(null, ShardDefect.TrailingBytes, $"data follows the end marker near byte {_position}: a block was zeroed, or archives were joined");
            _position += count;
        }
    }

    private byte[] ReadExtended(TarHeader header)
    {
        if (header.Length > ShardLimits.ExtendedHeaderBytesMax)
            throw Refuse(header.Name, ShardDefect.TooLarge, $"an extended header of {header.Length} bytes exceeds {ShardLimits.ExtendedHeaderBytesMax}");
        var start = _position;
        var body = new byte[header.Length];
        Read(body, "an extended header");
        _position = start;
        Skip(header);
        return body;
    }

    private void Read(Span<byte> buffer, string what)
    {
        for (var read = 0; read < buffer.Length;)
        {
            var count = RandomAccess.Read(file, buffer[read..], _position + read);
            if (count == 0)
                throw Refuse(null, ShardDefect.Truncated, $"the file ends at byte {_fileBytes} within {what}, before its end marker");
            read += count;
        }
        _position += buffer.Length;
    }

    // Records are "LENGTH KEY=VALUE\n", LENGTH counting the whole record.
    private ExtendedHeader ParsePax(ReadOnlySpan<byte> body, ExtendedHeader extended, string member)
    {
        while (!body.IsEmpty)
        {
            var space = body.IndexOf((byte)' ');
            if (space <= 0 || !int.TryParse(body[..space], out var length) || length <= space + 1 || length > body.Length || body[length - 1] != '\n')
                throw Refuse(member, ShardDefect.BadHeader, "a PAX record is malformed");
            var record = body[(space + 1)..(length - 1)];
            body = body[length..];
            var equals = record.IndexOf((byte)'=');
            if (equals < 0)
                throw Refuse(member, ShardDefect.BadHeader, "a PAX record has no '='");
            var value = record[(equals + 1)..];
            if (record.StartsWith("GNU.sparse"u8))
                throw Refuse(member, ShardDefect.NotAFile, "sparse files are refused");
            if (record[..equals].SequenceEqual("path"u8))
                extended = extended with { Name = Encoding.UTF8.GetString(value) };
            else if (record[..equals].SequenceEqual("size"u8))
                extended = extended with { Length = long.TryParse(value, out var size) && size >= 0 ? size : throw BadSize(member) };
        }
        return extended;
    }

    private ShardException BadSize(string member) => Refuse(member, ShardDefect.BadHeader, "a PAX size is no number");

    private static string Text(ReadOnlySpan<byte> body) => Encoding.UTF8.GetString(body.TrimEnd((byte)0));

    private ShardException Refuse(string? member, ShardDefect defect, string reason) => new(shard, member, defect, reason);

    private readonly record struct ExtendedHeader(string? Name, long? Length);
}
