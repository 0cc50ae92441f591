using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace OrleansBlip.Grains.Training.Shards;

/// <summary>The checksum of a block on its way: fast, and good against accidents only.</summary>
internal static class BlockChecksum
{
    /// <summary>XxHash3 of the little-endian bytes of <paramref name="values"/>.</summary>
    public static ulong Of(ReadOnlySpan<float> values) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(values));
}
