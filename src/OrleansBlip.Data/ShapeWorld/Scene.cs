using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrleansBlip.Data.Order;

namespace OrleansBlip.Data.ShapeWorld;

/// <summary>What stands in a picture, apart from background and light.</summary>
public sealed record Scene
{
    private static readonly ulong IdentityKey = KeyedRandom.Word("shapeworld.scene");

    /// <summary>The objects, from the rearmost to the foremost.</summary>
    public required ImmutableArray<SceneObject> Objects { get; init; }

    /// <summary>
    /// The scene's identity: a positive 63-bit integer that depends on the set of (shape, colour, size, texture, cell) alone, not on the exact place or
    /// the order of the objects. Pictures of one identity count as the same picture in retrieval finetuning.
    /// </summary>
    [JsonIgnore]
    public long Identity
    {
        get
        {
            Span<ulong> codes = stackalloc ulong[Objects.Length];
            for (var i = 0; i < codes.Length; i++)
                codes[i] = Code(Objects[i]);
            codes.Sort();
            return (long)(KeyedRandom.Combine(IdentityKey, codes) & long.MaxValue);
        }
    }

    private static ulong Code(SceneObject item) =>
        (ulong)item.Shape << 32 | (ulong)item.Colour << 24 | (ulong)item.Size << 16 | (ulong)item.Texture << 8 | (uint)(item.Row * 3 + item.Column);
}
