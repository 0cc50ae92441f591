using System.Text.Json.Serialization;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Compositions;

/// <summary>A named module of a composition: what it is, who feeds it, what it shares. New kinds of parts derive from this record.</summary>
/// <param name="Name">The name of its tensors in checkpoints and of its value in the step, e.g. <c>visual_encoder</c>.</param>
public abstract record Part(string Name)
{
    /// <summary>What it gives to those that it feeds.</summary>
    [JsonIgnore]
    public abstract PartKind Kind { get; }

    /// <summary>Channels of what it gives.</summary>
    [JsonIgnore]
    public abstract int OutputWidth { get; }

    /// <summary>The arrows that end in it.</summary>
    [JsonIgnore]
    public virtual IEnumerable<Feed> Feeds => [];

    /// <summary>Parameters that it takes from another part instead of having its own; null for none.</summary>
    public Sharing? Shares { get; init; }

    /// <summary>The prefix below which the tensors stand that can be shared.</summary>
    [JsonIgnore]
    public virtual string SharedPrefix => Name;

    /// <summary>Builds the module; it declares its tensors in <paramref name="scope"/>.</summary>
    public abstract BuiltPart Build(ParameterScope scope, Composition composition);
}
