using System.Globalization;
using OrleansBlip.Protocol.Nodes;

namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>A device of a node, as captioners and filters use it.</summary>
[GenerateSerializer, Immutable, Alias("blip.InferenceDevice")]
public readonly record struct InferenceDevice([property: Id(0)] NodeName Node, [property: Id(1)] int Device) : IComparable<InferenceDevice>
{
    /// <summary>The key of its <see cref="ICaptioner"/>.</summary>
    public string CaptionerKey => $"{Node}/captioner/{Device}";

    /// <summary>The key of its <see cref="IFilter"/>.</summary>
    public string FilterKey => $"{Node}/filter/{Device}";

    /// <summary>The device of a captioner's or filter's key.</summary>
    public static InferenceDevice OfKey(string grainKey)
    {
        string[] parts = grainKey.Split('/');
        return parts.Length == 3 && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out int device)
            ? new(new NodeName(parts[0]), device)
            : throw new FormatException($"'{grainKey}' is no key of a captioner or filter: NODE/captioner/DEVICE is.");
    }

    /// <inheritdoc/>
    public int CompareTo(InferenceDevice other)
    {
        int byNode = Node.CompareTo(other.Node);
        return byNode != 0 ? byNode : Device.CompareTo(other.Device);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Node}/{Device}";
}
