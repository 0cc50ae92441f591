using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Checkpoints;

/// <summary>What a checkpoint consists of. It is written last, so that a checkpoint with a manifest has all its files.</summary>
public sealed record CheckpointManifest
{
    private const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, AllowDuplicateProperties = false, Converters = { new StepNumberConverter() } };

    /// <summary>Version of the format.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Place in the run's sequence of checkpoints, from 1. After a rollback it goes on growing while the step does not.</summary>
    public required long Sequence { get; init; }

    /// <summary>Steps done: the version of the parameters.</summary>
    public required long Step { get; init; }

    /// <summary>The run's RunSpec as canonical JSON.</summary>
    public required string RunSpec { get; init; }

    /// <summary>Where the run found its data, for those who go on with it.</summary>
    public string Sources { get; init; } = "{}";

    /// <summary>What computed it; null where nobody said.</summary>
    public NumericProfile? Profile { get; init; }

    /// <summary>Steps that the run leaves out.</summary>
    public ImmutableArray<Amendment> Amendments { get; init; } = [];

    /// <summary>All files with the content.</summary>
    public required ImmutableArray<CheckpointObject> Objects { get; init; }

    /// <summary>Whatever else the writer wants to find again.</summary>
    public ImmutableSortedDictionary<string, string> Metadata { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The hash that the file names, 64 lower-case hexadecimal digits, by which a fork knows it; empty for one that was not read. Another version's members may differ, its bytes do not.</summary>
    internal string Sha256 { get; private init; } = "";

    /// <summary>The hash of the JSON on a line, then the JSON: a changed digit would otherwise still be a manifest.</summary>
    internal byte[] Encode()
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(this, Json);
        return [.. Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(json)) + "\n"), .. json];
    }

    /// <summary>The reverse of <see cref="Encode"/>.</summary>
    /// <exception cref="CheckpointException">The bytes are not those that were encoded.</exception>
    internal static CheckpointManifest Decode(string path, ReadOnlySpan<byte> bytes)
    {
        const int hashLength = 64;
        if (bytes.Length <= hashLength || bytes[hashLength] != (byte)'\n') throw new CheckpointException($"Manifest '{path}' does not start with a hash.");
        var json = bytes[(hashLength + 1)..];
        if (Convert.ToHexStringLower(SHA256.HashData(json)) != Encoding.ASCII.GetString(bytes[..hashLength]))
            throw new CheckpointException($"Manifest '{path}' does not have the hash that it names.");
        var manifest = JsonSerializer.Deserialize<CheckpointManifest>(json, Json)!;
        return manifest.Format == CurrentFormat
            ? manifest with { Sha256 = Encoding.ASCII.GetString(bytes[..hashLength]) }
            : throw new CheckpointException($"Manifest '{path}' has format {manifest.Format}; this version reads {CurrentFormat}.");
    }

    /// <summary>A step is a number; by its members it would have a step after it without end.</summary>
    private sealed class StepNumberConverter : JsonConverter<StepNumber>
    {
        public override StepNumber Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => new(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, StepNumber value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Value);
    }
}
