using OrleansBlip.Model.Text;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Compositions;

/// <summary>A text transformer that encodes; its value is the unimodal states of the batch's texts, or of the texts beside its images, after [CLS], (B, T, D).</summary>
public sealed record TextEncoder(string Name, TextSpec Text) : Part(Name)
{
    /// <summary>The part whose tokens its cross-attention sees; null: a text encoder without cross-attention.</summary>
    public string? Image { get; init; }

    /// <summary>Whether its cross-attention sees two images a text: the batch then holds 2·B of them, all first ones before all second ones.</summary>
    public bool SeesTwoImages { get; init; }

    /// <summary>Whether it reads the texts beside the images (<see cref="StepBatch.Context"/>) instead of the batch's texts.</summary>
    public bool ReadsContext { get; init; }

    /// <inheritdoc/>
    public override PartKind Kind => PartKind.TextEncoder;

    /// <inheritdoc/>
    public override int OutputWidth => Text.Width;

    /// <inheritdoc/>
    public override IEnumerable<Feed> Feeds => Image is null ? [] : [new Feed("image", Image, PartKind.ImageTokens)];

    /// <inheritdoc/>
    public override BuiltPart Build(ParameterScope scope, Composition composition)
    {
        var isReadWhole = composition.Parts.SelectMany(part => part.Feeds).Any(feed => feed.Source == Name && !feed.IsFirstTokenOnly);
        return new BuiltTextEncoder(new TextTransformer(Text, Image is null ? null : composition[Image].OutputWidth, scope, SeesTwoImages), Image, isReadWhole, ReadsContext);
    }
}
