using System.Text.Json.Serialization;

namespace OrleansBlip.Cli.Results;

/// <summary>JSON of what commands print.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<ImageResult>))]
[JsonSerializable(typeof(DemoDocument))]
internal sealed partial class ResultJson : JsonSerializerContext;
