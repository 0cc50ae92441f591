using System.Collections.Frozen;

namespace OrleansBlip.Data.Shards;

/// <summary>What a shard may hold, to be read or written: hostile archives stop here, before anything is allocated for them.</summary>
public static class ShardLimits
{
    /// <summary>The largest shard, in bytes.</summary>
    public const long ShardBytesMax = 2L << 30;

    /// <summary>The largest member, in bytes.</summary>
    public const int MemberBytesMax = 20 << 20;

    /// <summary>The most members of one shard. img2dataset writes 30,000 by default: 10,000 pictures with a text and a JSON each.</summary>
    public const int MembersMax = 1 << 16;

    /// <summary>The longest extended header (long names and PAX records), in bytes.</summary>
    internal const int ExtendedHeaderBytesMax = 64 << 10;

    /// <summary>Extensions of pictures.</summary>
    public static FrozenSet<string> ImageExtensions { get; } = new[] { "jpg", "jpeg", "png", "webp" }.ToFrozenSet();

    /// <summary>Whether a file's name ends as a picture's.</summary>
    public static bool IsImage(string path) => ImageExtensions.Contains(Path.GetExtension(path).TrimStart('.').ToLowerInvariant());

    /// <summary>Extensions of members that are read; others are skipped.</summary>
    public static FrozenSet<string> Extensions { get; } = new[] { "jpg", "jpeg", "png", "webp", "txt", "json" }.ToFrozenSet();
}
