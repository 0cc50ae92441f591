using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Compositions;

/// <summary>A named, weighted loss of a composition. New objectives derive from this record.</summary>
/// <param name="Name">Its name in logs and results, e.g. <c>itc</c>.</param>
public abstract record Objective(string Name)
{
    /// <summary>Its factor in the total loss.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>What it gives to the objectives after it.</summary>
    public virtual PartKind Kind => PartKind.Objective;

    /// <summary>The arrows that end in it.</summary>
    public abstract IEnumerable<Feed> Feeds { get; }

    /// <summary>Refuses a composition in which it cannot work, where its arrows alone do not tell; they have been checked before.</summary>
    /// <exception cref="CompositionException">It cannot work; the message names the parts.</exception>
    public virtual void Validate(Composition composition)
    {
    }

    /// <summary>Builds the loss; tensors of its own (the temperature) are declared in <paramref name="scope"/>, which has no prefix.</summary>
    public abstract BuiltObjective Build(ParameterScope scope);
}
