using OrleansBlip.Model.Text;

namespace OrleansBlip.Model.Compositions;

/// <summary>A text decoder of a built model.</summary>
public sealed class BuiltTextDecoder : BuiltPart
{
    private readonly string _source;

    internal BuiltTextDecoder(TextTransformer transformer, LanguageModelHead head, string source)
    {
        Transformer = transformer;
        Head = head;
        _source = source;
    }

    internal TextTransformer Transformer { get; }

    internal LanguageModelHead Head { get; }

    internal ImageMemory Memory(StepGraph graph) => graph.Memory(Transformer, _source);
}
