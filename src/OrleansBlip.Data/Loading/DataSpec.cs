using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansBlip.Data.Images;
using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Loading;

/// <summary>How pairs become batches. Part of what a run learns from: the same specification, seed and data give the same bytes.</summary>
public sealed record DataSpec
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>The side of the square pictures, in pixels; 1 to 1,024.</summary>
    public int ImageSize { get; init; } = 224;

    /// <summary>The most tokens of a text, [CLS] and [SEP] included (T); 2 to 512.</summary>
    public int TokensMax { get; init; } = 30;

    /// <summary>Whether texts are padded to the maximum, as the reference does, or to the longest of their slot.</summary>
    public TokenPadding Padding { get; init; } = TokenPadding.MaxLength;

    /// <summary>What the texts are to their pictures.</summary>
    public PairKind Texts { get; init; }

    /// <summary>What each caption begins with, "a picture of " for BLIP's captioner.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>Hash of the vocabulary that cuts the captions (<see cref="Vocabulary.Sha256"/>); empty where nobody checks it.</summary>
    public string VocabularySha256 { get; init; } = "";

    /// <summary>The most words that a caption or question keeps; 1 to 512. BLIP: 30, of a question 50.</summary>
    public int CaptionWordsMax { get; init; } = 30;

    /// <summary>How pixels are normalised: CLIP's, as BLIP does, unless the data has others.</summary>
    public PixelNormalization Normalization { get; init; } = PixelNormalization.Clip;

    /// <summary>How pictures are varied.</summary>
    public AugmentationSpec Augmentation { get; init; } = new();

    /// <summary>How many shards are mixed with each other; more mixes better, fewer reads in fewer places. 1 or more.</summary>
    public int WindowShards { get; init; } = 16;

    /// <summary>Reads the canonical form, or any JSON of these members.</summary>
    /// <exception cref="DatasetException">It is invalid, has other members, or a value outside its range.</exception>
    public static DataSpec FromJson(string json)
    {
        try
        {
            var spec = JsonSerializer.Deserialize<DataSpec>(json, Json) ?? throw new JsonException("null is no specification");
            spec.Validate();
            return spec;
        }
        catch (JsonException error)
        {
            throw new DatasetException($"data specification: {error.Message}", error);
        }
    }

    /// <summary>The canonical form: every member, in one order, without white space.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="DatasetException">A value lies outside its range.</exception>
    public void Validate()
    {
        Require(ImageSize, 1, 1_024, nameof(ImageSize));
        Require(TokensMax, 2, 512, nameof(TokensMax));
        Require(CaptionWordsMax, 1, 512, nameof(CaptionWordsMax));
        Require(WindowShards, 1, int.MaxValue, nameof(WindowShards));
        Normalization.Validate();
        Augmentation.Validate();
    }

    private static void Require(int value, int least, int most, string name)
    {
        if (value < least || value > most)
            throw new DatasetException($"data specification: {name} is {value}, and must be {least} to {most}.");
    }
}
