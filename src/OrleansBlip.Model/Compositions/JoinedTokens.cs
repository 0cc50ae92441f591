using System.Collections.Immutable;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Compositions;

/// <summary>The tokens of several parts in one sequence, for a cross-attention that sees all of them (BLIP §5.5: image and caption). It has no weights.</summary>
public sealed record JoinedTokens(string Name, params ImmutableArray<string> From) : Part(Name)
{
    /// <summary>Channels, which all of the joined parts share.</summary>
    public required int Width { get; init; }

    /// <inheritdoc/>
    public override PartKind Kind => PartKind.ImageTokens;

    /// <inheritdoc/>
    public override int OutputWidth => Width;

    /// <inheritdoc/>
    public override IEnumerable<Feed> Feeds => From.Select(name => new Feed("tokens", name, PartKind.ImageTokens, PartKind.TextEncoder));

    /// <inheritdoc/>
    /// <exception cref="CompositionException">A part has another width.</exception>
    public override BuiltPart Build(ParameterScope scope, Composition composition)
    {
        foreach (var name in From)
            if (composition[name].OutputWidth != Width)
                throw new CompositionException($"Composition '{composition.Name}': '{Name}' joins tokens of width {Width}, but those of '{name}' are {composition[name].OutputWidth} wide.");
        return new Built(From);
    }

    private sealed class Built(ImmutableArray<string> from) : BuiltPart
    {
        public override torch.Tensor Evaluate(StepGraph graph) => Seen(graph, "").Tokens;

        internal override (torch.Tensor Tokens, torch.Tensor? Mask) Seen(StepGraph graph, string name) => graph.Keep((this, "seen"), () =>
        {
            (torch.Tensor Tokens, torch.Tensor? Mask)[] parts = [.. from.Select(part => graph.Part<BuiltPart>(part).Seen(graph, part))];
            var masks = parts.Select(part => part.Mask ?? torch.ones(part.Tokens.shape[0], part.Tokens.shape[1], torch.ScalarType.Int64, part.Tokens.device));
            return (torch.cat([.. parts.Select(part => part.Tokens)], 1), (torch.Tensor?)torch.cat([.. masks], 1)); // (B, ΣN, D), (B, ΣN)
        });
    }
}
