using System.Text.Json.Serialization;

namespace OrleansBlip.Data.Versions;

/// <summary>
/// One caption of a bootstrapped version, kept or rejected: a row of captions.parquet, and (less the run and the date, which must not change a shard)
/// an object in the .json of its sample.
/// </summary>
public sealed record CaptionRecord
{
    /// <summary>The layout of these records.</summary>
    public const int SchemaVersionCurrent = 1;

    /// <summary>Names picture and caption by their content, 32 hex digits as DataComp's.</summary>
    [JsonPropertyName("uid")] public string Uid { get; init; } = "";

    /// <summary>The sample's key in this version, had by its rejected captions too.</summary>
    [JsonPropertyName("key")] public string Key { get; init; } = "";

    /// <summary>The SHA-256 of the picture's file.</summary>
    [JsonPropertyName("image_sha256")] public string ImageSha256 { get; init; } = "";

    /// <summary>The stable number of what is seen.</summary>
    [JsonPropertyName("image_id")] public long ImageId { get; init; }

    /// <summary>The parent's name.</summary>
    [JsonPropertyName("source_dataset")] public string SourceDataset { get; init; } = "";

    /// <summary>The picture's key in the parent, its shard's name included.</summary>
    [JsonPropertyName("source_key")] public string SourceKey { get; init; } = "";

    /// <summary>The caption.</summary>
    [JsonPropertyName("caption")] public string Caption { get; init; } = "";

    /// <summary>The caption as found or decoded, where it differs.</summary>
    [JsonPropertyName("caption_raw")] public string? CaptionRaw { get; init; }

    /// <summary>"web", "synthetic" or "human".</summary>
    [JsonPropertyName("caption_source")] public string CaptionSource { get; init; } = "";

    /// <summary>The picture's first caption in the parent.</summary>
    [JsonPropertyName("original_caption")] public string? OriginalCaption { get; init; }

    /// <summary>Its number among the picture's captions here, from 0.</summary>
    [JsonPropertyName("caption_index")] public int CaptionIndex { get; init; }

    /// <summary>The captioner, of a synthetic caption; as are all fields down to the log-probability.</summary>
    [JsonPropertyName("captioner_id")] public string? CaptionerId { get; init; }

    /// <summary>The SHA-256 of its weights.</summary>
    [JsonPropertyName("captioner_sha256")] public string? CaptionerSha256 { get; init; }

    /// <summary>What the caption was begun with.</summary>
    [JsonPropertyName("prompt")] public string? Prompt { get; init; }

    /// <summary>"nucleus", "beam" or "greedy".</summary>
    [JsonPropertyName("decode")] public string? Decode { get; init; }

    /// <summary>Nucleus sampling's mass.</summary>
    [JsonPropertyName("top_p")] public double? TopP { get; init; }

    /// <summary>Beam search's beams.</summary>
    [JsonPropertyName("num_beams")] public int? NumBeams { get; init; }

    /// <summary>1 for none.</summary>
    [JsonPropertyName("repetition_penalty")] public double? RepetitionPenalty { get; init; }

    /// <summary>The fewest tokens.</summary>
    [JsonPropertyName("min_length")] public int? MinLength { get; init; }

    /// <summary>The most tokens.</summary>
    [JsonPropertyName("max_length")] public int? MaxLength { get; init; }

    /// <summary>The seed that it was sampled with.</summary>
    [JsonPropertyName("seed")] public long? Seed { get; init; }

    /// <summary>Σ ln p of its tokens.</summary>
    [JsonPropertyName("logprob")] public double? LogProb { get; init; }

    /// <summary>The filter.</summary>
    [JsonPropertyName("filter_id")] public string FilterId { get; init; } = "";

    /// <summary>The SHA-256 of its weights.</summary>
    [JsonPropertyName("filter_sha256")] public string FilterSha256 { get; init; } = "";

    /// <summary>The probability of a match, 0 to 1.</summary>
    [JsonPropertyName("itm_prob")] public double ItmProb { get; init; }

    /// <summary>The logit of a match.</summary>
    [JsonPropertyName("itm_logit")] public double ItmLogit { get; init; }

    /// <summary>The cosine of the features, −1 to 1.</summary>
    [JsonPropertyName("itc_sim")] public double ItcSim { get; init; }

    /// <summary>What stood at position 0 for the filter.</summary>
    [JsonPropertyName("itm_first_token")] public string ItmFirstToken { get; init; } = "";

    /// <summary>The least probability that is kept.</summary>
    [JsonPropertyName("threshold")] public double Threshold { get; init; }

    /// <summary>"kept" or "rejected".</summary>
    [JsonPropertyName("decision")] public string Decision { get; init; } = "";

    /// <summary>Why it is rejected.</summary>
    [JsonPropertyName("reject_reason")] public string? RejectReason { get; init; }

    /// <summary>The round of CapFilt, from 1.</summary>
    [JsonPropertyName("round_id")] public int RoundId { get; init; }

    /// <summary>The run; null in a sample's .json.</summary>
    [JsonPropertyName("run_id")] public string? RunId { get; init; }

    /// <summary>The digest of the parent.</summary>
    [JsonPropertyName("parent_dataset_version")] public string ParentDatasetVersion { get; init; } = "";

    /// <summary>When it was made, UTC; null in a sample's .json.</summary>
    [JsonPropertyName("created_at")] public DateTime? CreatedAt { get; init; }

    /// <summary>The layout of this record.</summary>
    [JsonPropertyName("schema_version")] public int SchemaVersion { get; init; } = SchemaVersionCurrent;
}
