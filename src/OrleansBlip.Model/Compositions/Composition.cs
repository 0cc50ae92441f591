using System.Collections.Immutable;

namespace OrleansBlip.Model.Compositions;

/// <summary>
/// A model as a record: parts, who feeds whom, what is shared, which parts have momentum copies, and weighted objectives. Everything else follows:
/// the tensors and their flat order, ties, and that a part runs once a step for all that need it.
/// </summary>
public sealed record Composition
{
    /// <summary>The model family, for messages.</summary>
    public required string Name { get; init; }

    /// <summary>The modules; an owner of shared tensors stands before those that share with it, a feeding part before the fed.</summary>
    public required ImmutableArray<Part> Parts { get; init; }

    /// <summary>Names of the parts that are followed by an exponential moving average, a copy named <c>NAME_m</c> that runs without gradient.</summary>
    public ImmutableArray<string> Momentum { get; init; } = [];

    /// <summary>The losses, in the order in which they are computed.</summary>
    public required ImmutableArray<Objective> Objectives { get; init; }

    /// <summary>The part of a name.</summary>
    /// <exception cref="CompositionException">There is none.</exception>
    public Part this[string name] => Parts.FirstOrDefault(part => part.Name == name)
        ?? throw new CompositionException($"Composition '{Name}' has no part '{name}'; it has {Listed(Parts.Select(part => part.Name))}.");

    /// <summary>Refuses a composition that cannot work.</summary>
    /// <exception cref="CompositionException">A name is used twice, an arrow starts nowhere or at the wrong kind of part, sharing or momentum names an unknown part, or an objective cannot work with its parts.</exception>
    public void Validate()
    {
        var kinds = new Dictionary<string, PartKind>(StringComparer.Ordinal);
        foreach (var part in Parts)
        {
            RequireFeeds($"part '{part.Name}'", part.Feeds, kinds);
            if (part.Shares is { } sharing && !kinds.ContainsKey(sharing.With))
                throw new CompositionException($"Composition '{Name}': part '{part.Name}' shares with '{sharing.With}', which does not stand before it.");
            if (!kinds.TryAdd(part.Name, part.Kind)) throw new CompositionException($"Composition '{Name}' has two parts named '{part.Name}'.");
        }
        foreach (var name in Momentum)
        {
            if (!kinds.ContainsKey(name)) throw new CompositionException($"Composition '{Name}' wants a momentum copy of '{name}', which is none of its parts: {Listed(kinds.Keys)}.");
            if (Momentum.Count(other => other == name) > 1) throw new CompositionException($"Composition '{Name}' wants two momentum copies of '{name}'.");
        }
        foreach (var objective in Objectives)
        {
            RequireFeeds($"objective '{objective.Name}'", objective.Feeds, kinds);
            if (!kinds.TryAdd(objective.Name, objective.Kind)) throw new CompositionException($"Composition '{Name}' has two parts or objectives named '{objective.Name}'.");
            objective.Validate(this);
        }
    }

    private void RequireFeeds(string consumer, IEnumerable<Feed> feeds, Dictionary<string, PartKind> kinds)
    {
        foreach (var feed in feeds)
        {
            var wanted = string.Join(" or ", feed.Kinds);
            if (feed.Source is null)
                throw new CompositionException($"Composition '{Name}': {consumer} is fed by nothing: its {feed.Port} needs {wanted}.");
            if (!kinds.TryGetValue(feed.Source, out var kind))
                throw new CompositionException($"Composition '{Name}': the {feed.Port} of {consumer} is '{feed.Source}', which does not stand before it; before it stand {Listed(kinds.Keys)}.");
            if (!feed.Kinds.Contains(kind))
                throw new CompositionException($"Composition '{Name}': the {feed.Port} of {consumer} needs {wanted}, but '{feed.Source}' is {kind}.");
        }
    }

    // A head's states reach it from a part, or from an objective that has them of its encoder.
    internal void RequireHeadOf(Objective objective, string encoder, string head)
    {
        if (this[encoder] is TextEncoder { Image: null })
            throw new CompositionException($"Composition '{Name}': objective '{objective.Name}' reads texts beside images by '{encoder}', a text encoder that sees no image. Set its Image.");
        foreach (var from in this[head].Feeds.Select(feed => feed.Source!).Where(from => this[from].OutputWidth != this[encoder].OutputWidth))
            throw new CompositionException(
                $"Composition '{Name}': objective '{objective.Name}' hands states of '{encoder}', {this[encoder].OutputWidth} wide, to '{head}', which takes those of '{from}', {this[from].OutputWidth} wide.");
    }

    private static string Listed(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'").DefaultIfEmpty("none"));
}
