using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansBlip.Model.Compositions;

/// <summary>JSON of the records of which a run's specification is made: nothing unknown is accepted, nothing is left out.</summary>
internal static class SpecJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    public static T Read<T>(string json) where T : class => JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException($"null is no {typeof(T).Name}.");

    public static string Write<T>(T spec) => JsonSerializer.Serialize(spec, Options);
}
