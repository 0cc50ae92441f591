using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace OrleansBlip.Data.Shards;

/// <summary>
/// A WebDataset shard, indexed when it is opened and then read by position, from any thread. A sample is a run of members with one key, which is the
/// name up to the first dot of its last part; the rest is the extension.
/// </summary>
public sealed class ShardReader : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly List<string> _keys = [];
    private readonly List<int> _firstMembers = [];
    private readonly List<ShardMember> _members = [];
    private readonly List<SkippedMember> _skipped = [];

    private ShardReader(string path, SafeFileHandle file)
    {
        Name = Path.GetFileName(path);
        _file = file;
    }

    /// <summary>The file's name.</summary>
    public string Name { get; }

    /// <summary>How many samples it holds.</summary>
    public int Count => _keys.Count;

    /// <summary>Members that belong to no sample, with the reasons.</summary>
    public IReadOnlyList<SkippedMember> Skipped => _skipped;

    /// <summary>Opens and indexes a shard; where its entry of a manifest is given, its length and sample count must be those, and its hash, too.</summary>
    /// <param name="path">The tar file.</param>
    /// <param name="expected">What the manifest states.</param>
    /// <param name="verifyHash">False to believe the manifest's hash without reading the whole file.</param>
    /// <exception cref="ShardException">The shard is not what it should be.</exception>
    /// <exception cref="DatasetException">There is no such file.</exception>
    public static ShardReader Open(string path, ShardEntry? expected = null, bool verifyHash = true)
    {
        if (!File.Exists(path))
            throw new DatasetException($"Shard '{path}' does not exist: check the folder or pattern.");
        var reader = new ShardReader(path, File.OpenHandle(path, options: FileOptions.RandomAccess));
        try
        {
            if (expected is not null)
                reader.CheckLength(expected);
            reader.Index();
            if (expected is not null)
                reader.CheckContent(expected, verifyHash);
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>A sample's key.</summary>
    public string Key(int sample) => _keys[sample];

    /// <summary>A sample's members, in their order in the file.</summary>
    public IEnumerable<ShardMember> Members(int sample)
    {
        var end = sample + 1 < Count ? _firstMembers[sample + 1] : _members.Count;
        for (var i = _firstMembers[sample]; i < end; i++)
            yield return _members[i];
    }

    /// <summary>Reads a member's bytes.</summary>
    /// <exception cref="ShardException">The file has become shorter.</exception>
    public byte[] Read(ShardMember member)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(member.Length);
        for (var read = 0; read < bytes.Length;)
        {
            var count = RandomAccess.Read(_file, bytes.AsSpan(read), member.Offset + read);
            if (count == 0)
                throw new ShardException(Name, null, ShardDefect.Truncated, $"the file ends before byte {member.Offset + member.Length}: it was changed while open");
            read += count;
        }
        return bytes;
    }

    /// <summary>Reads a whole sample.</summary>
    public ShardSample ReadSample(int sample) =>
        new(Key(sample), Members(sample).ToDictionary(member => member.Extension, member => (ReadOnlyMemory<byte>)Read(member)));

    /// <summary>Reads all samples, in their order.</summary>
    public IEnumerable<ShardSample> ReadSamples() => Enumerable.Range(0, Count).Select(ReadSample);

    /// <summary>Hashes the file, for its entry of a manifest.</summary>
    public ShardEntry Describe()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        long position = 0;
        while (RandomAccess.Read(_file, buffer, position) is > 0 and var count)
        {
            hash.AppendData(buffer, 0, count);
            position += count;
        }
        return new ShardEntry(Name, Count, position, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private void Index()
    {
        var keys = new HashSet<string>();
        var names = new HashSet<string>();
        foreach (var (name, offset, length) in new TarScanner(_file, Name).Walk())
        {
            if (!names.Add(name))
                throw new ShardException(Name, name, ShardDefect.Duplicate, "the archive has a member of this name already");
            if (!TrySplit(name, out var key, out var extension, out var reason))
            {
                _skipped.Add(new SkippedMember(name, reason));
                continue;
            }
            var isNext = Count == 0 || _keys[^1] != key;
            if (isNext && !keys.Add(key))
                throw new ShardException(Name, name, ShardDefect.Duplicate, "members of one sample must stand together; sort the archive by name");
            if (isNext)
            {
                _keys.Add(key);
                _firstMembers.Add(_members.Count);
            }
            else if (Members(Count - 1).Any(member => member.Extension == extension))
            {
                throw new ShardException(Name, name, ShardDefect.Duplicate, $"the sample has a member '{extension}' already");
            }
            _members.Add(new ShardMember(extension, offset, length));
        }
    }

    private static bool TrySplit(string name, out string key, out string extension, out string reason)
    {
        (key, extension, reason) = ("", "", "");
        var baseName = name[(name.LastIndexOf('/') + 1)..];
        var dot = baseName.IndexOf('.');
        if (name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal))
            reason = "metadata of the archive";
        else if (dot <= 0)
            reason = "the name has no key and extension";
        else if (!ShardLimits.Extensions.TryGetValue(baseName[(dot + 1)..].ToLowerInvariant(), out var known))
            reason = $"extension '{baseName[(dot + 1)..]}' is not read";
        else
            (key, extension) = (name[..^(baseName.Length - dot)], known);
        return reason.Length == 0;
    }

    private void CheckLength(ShardEntry expected)
    {
        var length = RandomAccess.GetLength(_file);
        if (length == expected.Bytes)
            return;
        var defect = length < expected.Bytes ? ShardDefect.Truncated : ShardDefect.ManifestMismatch;
        throw new ShardException(Name, null, defect, $"it has {length} bytes, its manifest says {expected.Bytes}: copy it again, or delete the manifest if the change is meant");
    }

    private void CheckContent(ShardEntry expected, bool verifyHash)
    {
        if (Count != expected.Samples)
            throw new ShardException(Name, null, ShardDefect.ManifestMismatch, $"it has {Count} samples, its manifest says {expected.Samples}");
        if (verifyHash && Describe().Sha256 is var found && found != expected.Sha256)
            throw new ShardException(Name, null, ShardDefect.ManifestMismatch, $"its SHA-256 is {found}, its manifest says {expected.Sha256}: copy it again");
    }
}
