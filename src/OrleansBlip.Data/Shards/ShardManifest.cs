using System.Security.Cryptography;
using System.Text.Json;
using OrleansBlip.Data.Durability;

namespace OrleansBlip.Data.Shards;

/// <summary>
/// What a set of shards holds: an archive cut between two members reads as a shorter archive, so only counts and hashes kept apart tell that it is
/// whole. The SHA-256 of the manifest's bytes is the version of the data set.
/// </summary>
public sealed class ShardManifest
{
    /// <summary>The manifest's name beside its shards. It is written last: a folder without it is unfinished, or not ours.</summary>
    public const string FileName = "manifest.json";

    private const int FormatVersion = 1;
    private const long ManifestBytesMax = 64 << 20;

    /// <summary>States the shards, which are put in ordinal order of their names.</summary>
    public ShardManifest(IEnumerable<ShardEntry> shards)
    {
        Shards = [.. shards.OrderBy(shard => shard.Name, StringComparer.Ordinal)];
        if (Shards.Zip(Shards.Skip(1)).Any(pair => pair.First.Name == pair.Second.Name))
            throw new ArgumentException("A shard is listed twice.", nameof(shards));
        Samples = Shards.Sum(shard => (long)shard.Samples);
        Digest = Convert.ToHexStringLower(SHA256.HashData(ToBytes()));
    }

    /// <summary>The shards, in ordinal order of their names.</summary>
    public IReadOnlyList<ShardEntry> Shards { get; }

    /// <summary>Samples of all shards.</summary>
    public long Samples { get; }

    /// <summary>The data set's version: the SHA-256 of <see cref="ToBytes"/>, in lower-case hex.</summary>
    public string Digest { get; }

    /// <summary>The canonical form: the same shards give the same bytes.</summary>
    public byte[] ToBytes()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteNumber("format", FormatVersion);
            json.WriteStartArray("shards");
            foreach (var shard in Shards)
            {
                json.WriteStartObject();
                json.WriteString("name", shard.Name);
                json.WriteNumber("samples", shard.Samples);
                json.WriteNumber("bytes", shard.Bytes);
                json.WriteString("sha256", shard.Sha256);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    /// <summary>Writes the manifest durably into a folder, as <see cref="FileName"/>.</summary>
    public void Save(string folder) => SaveAs(Path.Combine(folder, FileName));

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="ShardException">It is no manifest of this format.</exception>
    public static ShardManifest Load(string path)
    {
        if (new FileInfo(path).Length > ManifestBytesMax)
            throw Bad(path, $"is larger than {ManifestBytesMax} bytes", null);
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 8 });
            if (json.RootElement.GetProperty("format").GetInt32() != FormatVersion)
                throw Bad(path, $"is not of format {FormatVersion}", null);
            return new ShardManifest(json.RootElement.GetProperty("shards").EnumerateArray().Select(ReadEntry).ToArray());
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw Bad(path, $"is no manifest ({error.Message})", error);
        }
    }

    internal void SaveAs(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        DurableFile.WriteAllBytes(path, ToBytes());
    }

    private static ShardEntry ReadEntry(JsonElement shard)
    {
        var entry = new ShardEntry(
            shard.GetProperty("name").GetString() ?? "",
            shard.GetProperty("samples").GetInt32(),
            shard.GetProperty("bytes").GetInt64(),
            shard.GetProperty("sha256").GetString() ?? "");
        // The name becomes a path: it must stay in the manifest's folder.
        if (entry.Name.Length == 0 || entry.Name != Path.GetFileName(entry.Name) || entry.Name is "." or ".." || entry.Name.Contains('\0'))
            throw new FormatException($"shard name '{entry.Name}' is not a plain file name");
        if (entry.Samples < 0 || entry.Bytes < 0 || entry.Sha256.Length != 64)
            throw new FormatException($"shard '{entry.Name}' has a count, length or SHA-256 that cannot be");
        return entry;
    }

    private static ShardException Bad(string path, string reason, Exception? inner) =>
        new(Path.GetFileName(path), null, ShardDefect.BadManifest, $"{path} {reason}; delete it to have the shards indexed again", inner);
}
