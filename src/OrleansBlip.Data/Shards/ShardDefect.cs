namespace OrleansBlip.Data.Shards;

/// <summary>Why a shard, or a member of it, is refused.</summary>
public enum ShardDefect
{
    /// <summary>The archive ends before its end marker, or a member before its length.</summary>
    Truncated,

    /// <summary>A header is not a tar header, or its checksum does not match.</summary>
    BadHeader,

    /// <summary>Something stands after the end marker.</summary>
    TrailingBytes,

    /// <summary>The name is empty, absolute, climbs out by "..", or holds control characters.</summary>
    UnsafeName,

    /// <summary>The entry is a link, a device or anything but a file or folder.</summary>
    NotAFile,

    /// <summary>The shard holds a member of this name, or a sample of this key, twice.</summary>
    Duplicate,

    /// <summary>The shard or the member is larger than <see cref="ShardLimits"/> allows, or has too many members.</summary>
    TooLarge,

    /// <summary>Length, sample count or SHA-256 differ from the manifest.</summary>
    ManifestMismatch,

    /// <summary>The manifest itself cannot be read.</summary>
    BadManifest,
}
