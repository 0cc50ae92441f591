namespace OrleansBlip.Protocol.Nodes;

/// <summary>A node's name, equal to its silo's name. It is the first part of the key of every grain pinned to it, so it holds no '/'.</summary>
[GenerateSerializer, Immutable, Alias("blip.NodeName")]
public readonly record struct NodeName([property: Id(0)] string Value) : IComparable<NodeName>
{
    /// <inheritdoc/>
    public int CompareTo(NodeName other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <summary>The node to which the grain of key <paramref name="grainKey"/> is pinned: what stands before the first '/'.</summary>
    public static NodeName OfKey(string grainKey)
    {
        int slash = grainKey.IndexOf('/');
        return new(slash < 0 ? grainKey : grainKey[..slash]);
    }
}
