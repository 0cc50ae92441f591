using OrleansBlip.Model.Text;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Compositions;

/// <summary>A causal text transformer with BERT's language-model head; its transformer's tensors stand below <c>NAME.bert</c>, the head's below <c>NAME.cls</c>.</summary>
public sealed record TextDecoder(string Name, TextSpec Text) : Part(Name)
{
    /// <summary>The part that its cross-attention sees: an image's tokens, or a text encoder's states.</summary>
    public string? Source { get; init; }

    /// <inheritdoc/>
    public override PartKind Kind => PartKind.TextDecoder;

    /// <inheritdoc/>
    public override int OutputWidth => Text.VocabularySize;

    /// <inheritdoc/>
    public override string SharedPrefix => Name + ".bert";

    /// <inheritdoc/>
    public override IEnumerable<Feed> Feeds => [new Feed("source", Source, PartKind.ImageTokens, PartKind.TextEncoder)];

    /// <inheritdoc/>
    public override BuiltPart Build(ParameterScope scope, Composition composition)
    {
        var transformer = new TextTransformer(Text, composition[Source!].OutputWidth, scope.Child("bert"));
        return new BuiltTextDecoder(transformer, new LanguageModelHead(Text, transformer.WordEmbeddings, scope.Child("cls")), Source!);
    }
}
