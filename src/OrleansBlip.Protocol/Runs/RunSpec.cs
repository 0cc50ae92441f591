using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace OrleansBlip.Protocol.Runs;

/// <summary>
/// What is learned: everything on which a run's weights depend beside the numeric profile and the amendments. Model, data and optimizer are the
/// JSON of records that other projects own; the protocol only carries them.
/// </summary>
[GenerateSerializer, Immutable, Alias("blip.RunSpec")]
public sealed record RunSpec
{
    /// <summary>Most slots of a step.</summary>
    public const int SlotCountMax = 4096;

    /// <summary>Most samples of a slot.</summary>
    public const int SlotSizeMax = 8192;

    /// <summary>Most steps of a run.</summary>
    public const long StepsMax = 1_000_000_000;

    /// <summary>Most threads of a CPU device.</summary>
    public const int ThreadsPerDeviceMax = 256;

    /// <summary>The model's composition, a JSON object.</summary>
    [Id(0)] public required string Model { get; init; }

    /// <summary>How samples are decoded, augmented and framed, a JSON object.</summary>
    [Id(1)] public required string Data { get; init; }

    /// <summary>Optimizer and schedules, a JSON object.</summary>
    [Id(2)] public required string Optimizer { get; init; }

    /// <summary>SHA-256 of the data set's version, 64 lower-case hexadecimal digits.</summary>
    [Id(3)] public required string DatasetDigest { get; init; }

    /// <summary>Samples of the data set (N), 1 or more: what an epoch is to schedules and to the data order.</summary>
    [Id(10)] public required long SampleCount { get; init; }

    /// <summary>Hash of the weights from which the run starts, 64 lower-case hexadecimal digits; null for weights drawn from <see cref="Seed"/>.</summary>
    [Id(4)] public string? InitialWeightsSha256 { get; init; }

    /// <summary>Seed of the weights, the data order and all randomness of the slots.</summary>
    [Id(5)] public required long Seed { get; init; }

    /// <summary>Steps, 1 to <see cref="StepsMax"/>.</summary>
    [Id(6)] public required long Steps { get; init; }

    /// <summary>Slots of a step (V), 1 to <see cref="SlotCountMax"/>.</summary>
    [Id(7)] public required int SlotCount { get; init; }

    /// <summary>Samples of a slot (b), 1 to <see cref="SlotSizeMax"/>. It is part of the model: negatives and means are a slot's own.</summary>
    [Id(8)] public required int SlotSize { get; init; }

    /// <summary>Threads of a CPU device, 1 to <see cref="ThreadsPerDeviceMax"/>. It changes the bits.</summary>
    [Id(9)] public int ThreadsPerDevice { get; init; } = 1;

    /// <summary>What sums of gradients are rounded to. It changes the bits.</summary>
    [Id(11)] public GradientPrecision GradientPrecision { get; init; }

    /// <summary>
    /// SHA-256 of the manifest of another run's checkpoint, with whose weights, moments, momentum copies, queue and step this one goes on; null for a run from
    /// the beginning.
    /// </summary>
    [Id(12)] public string? ForkedFromSha256 { get; init; }

    /// <summary>Steps of one pass over the data, a started one counted whole.</summary>
    public long StepsPerEpoch => (SampleCount - 1) / ((long)SlotCount * SlotSize) + 1;

    /// <summary>
    /// The specification as canonical JSON: keys in ordinal order, no white space, numbers as written. Keys that came later are left out at their default, so that runs of
    /// before keep their identity.
    /// </summary>
    public string ToCanonicalJson()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            WriteObject(writer, "data", Data);
            writer.WriteString("datasetDigest", DatasetDigest);
            if (ForkedFromSha256 is not null) writer.WriteString("forkedFromSha256", ForkedFromSha256);
            if (GradientPrecision != default) writer.WriteString("gradientPrecision", GradientPrecision.ToString().ToLowerInvariant());
            writer.WriteString("initialWeightsSha256", InitialWeightsSha256);
            WriteObject(writer, "model", Model);
            WriteObject(writer, "optimizer", Optimizer);
            writer.WriteNumber("sampleCount", SampleCount);
            writer.WriteNumber("seed", Seed);
            writer.WriteNumber("slotCount", SlotCount);
            writer.WriteNumber("slotSize", SlotSize);
            writer.WriteNumber("steps", Steps);
            writer.WriteNumber("threadsPerDevice", ThreadsPerDevice);
            writer.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    /// <summary>SHA-256 of the canonical JSON, as lower-case hexadecimal digits: the run's identity.</summary>
    public string Identity => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(ToCanonicalJson())));

    /// <summary>Reads what <see cref="ToCanonicalJson"/> wrote.</summary>
    /// <exception cref="JsonException">The text is no such specification; the message names the key.</exception>
    public static RunSpec FromJson(string json)
    {
        using var document = JsonDocument.Parse(json);
        JsonElement Key(string name) => document.RootElement.TryGetProperty(name, out var value) ? value : throw new JsonException($"A run's specification lacks the key '{name}'.");
        return new()
        {
            Model = Key("model").GetRawText(),
            Data = Key("data").GetRawText(),
            Optimizer = Key("optimizer").GetRawText(),
            DatasetDigest = Key("datasetDigest").GetString() ?? "",
            SampleCount = Key("sampleCount").GetInt64(),
            InitialWeightsSha256 = Key("initialWeightsSha256").GetString(),
            Seed = Key("seed").GetInt64(),
            Steps = Key("steps").GetInt64(),
            SlotCount = Key("slotCount").GetInt32(),
            SlotSize = Key("slotSize").GetInt32(),
            ThreadsPerDevice = Key("threadsPerDevice").GetInt32(),
            ForkedFromSha256 = document.RootElement.TryGetProperty("forkedFromSha256", out var origin) ? origin.GetString() : null,
            GradientPrecision = document.RootElement.TryGetProperty("gradientPrecision", out var precision) ? PrecisionOf(precision.GetString()) : default,
        };
    }

    /// <summary>Refuses a specification that cannot run.</summary>
    /// <exception cref="RunRefusedException">Names each wrong key with its value and its range.</exception>
    public void Validate()
    {
        var problems = ImmutableArray.CreateBuilder<string>();
        CheckRange(problems, nameof(SampleCount), SampleCount, long.MaxValue);
        CheckRange(problems, nameof(Steps), Steps, StepsMax);
        CheckRange(problems, nameof(SlotCount), SlotCount, SlotCountMax);
        CheckRange(problems, nameof(SlotSize), SlotSize, SlotSizeMax);
        CheckRange(problems, nameof(ThreadsPerDevice), ThreadsPerDevice, ThreadsPerDeviceMax);
        if (!Enum.IsDefined(GradientPrecision)) problems.Add($"GradientPrecision is {(int)GradientPrecision}, it must be 0 or 1.");
        CheckObject(problems, nameof(Model), Model);
        CheckObject(problems, nameof(Data), Data);
        CheckObject(problems, nameof(Optimizer), Optimizer);
        CheckDigest(problems, nameof(DatasetDigest), DatasetDigest);
        if (InitialWeightsSha256 is not null) CheckDigest(problems, nameof(InitialWeightsSha256), InitialWeightsSha256);
        if (ForkedFromSha256 is not null) CheckDigest(problems, nameof(ForkedFromSha256), ForkedFromSha256);
        if (problems.Count > 0) throw new RunRefusedException(string.Join(" ", problems));
    }

    /// <summary>
    /// The keys of the canonical JSON in which <paramref name="other"/> differs, each with both values; empty for the same run. Other data sets' numbers of
    /// samples are not named beside their digests, which speak for them.
    /// </summary>
    public ImmutableArray<string> DifferencesFrom(RunSpec other)
    {
        using var left = JsonDocument.Parse(ToCanonicalJson());
        using var right = JsonDocument.Parse(other.ToCanonicalJson());
        string[] keys = [.. left.RootElement.EnumerateObject().Concat(right.RootElement.EnumerateObject()).Select(property => property.Name).Distinct().Order(StringComparer.Ordinal)];
        return
        [
            .. from key in keys
               let ours = Text(left, key)
               let theirs = Text(right, key)
               where ours != theirs && (key != "sampleCount" || DatasetDigest == other.DatasetDigest)
               select $"{key}: {ours} here, {theirs} there",
        ];

        static string Text(JsonDocument spec, string key) => spec.RootElement.TryGetProperty(key, out var value) ? value.GetRawText() : "nothing";
    }

    private static GradientPrecision PrecisionOf(string? text) => Enum.TryParse<GradientPrecision>(text, ignoreCase: true, out var precision)
        ? precision
        : throw new JsonException($"The key 'gradientPrecision' of a run's specification is '{text}'; it is one of {string.Join(", ", Enum.GetNames<GradientPrecision>()).ToLowerInvariant()}.");

    private static void CheckRange(ImmutableArray<string>.Builder problems, string key, long value, long max)
    {
        if (value < 1 || value > max) problems.Add($"{key} is {value}, it must be 1 to {max}.");
    }

    private static void CheckObject(ImmutableArray<string>.Builder problems, string key, string value)
    {
        try
        {
            using var document = JsonDocument.Parse(value);
            if (document.RootElement.ValueKind != JsonValueKind.Object) problems.Add($"{key} is JSON of kind {document.RootElement.ValueKind}, it must be an object.");
        }
        catch (JsonException exception)
        {
            problems.Add($"{key} is not JSON: {exception.Message}");
        }
    }

    private static void CheckDigest(ImmutableArray<string>.Builder problems, string key, string value)
    {
        if (value.Length != 64 || !value.All(char.IsAsciiHexDigitLower)) problems.Add($"{key} is '{value}', it must be 64 lower-case hexadecimal digits.");
    }

    private static void WriteObject(Utf8JsonWriter writer, string name, string json)
    {
        using var document = JsonDocument.Parse(json);
        writer.WritePropertyName(name);
        WriteSorted(writer, document.RootElement);
    }

    private static void WriteSorted(Utf8JsonWriter writer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in element.EnumerateObject().OrderBy(property => property.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(property.Name);
                    WriteSorted(writer, property.Value);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray()) WriteSorted(writer, item);
                writer.WriteEndArray();
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }
}
