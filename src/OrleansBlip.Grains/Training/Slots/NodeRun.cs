using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Text;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>A run's data and parameters in one process, shared by its devices and closed by the last of them.</summary>
internal sealed class NodeRun : IDisposable
{
    private readonly PairSource _source;

    private NodeRun(RunSpec spec, PairSource source, DataSpec data, Vocabulary vocabulary)
    {
        _source = source;
        Tokenizer = new CaptionTokenizer(vocabulary);
        Loader = new BatchLoader(source, Tokenizer, data, (ulong)spec.Seed, spec.SlotCount, spec.SlotSize);
        Parameters = new NodeParameters(Families.Compose(ModelSpec.FromJson(spec.Model)));
    }

    public CaptionTokenizer Tokenizer { get; }

    public BatchLoader Loader { get; }

    public NodeParameters Parameters { get; }

    /// <summary>Devices that use it; guarded by the factory.</summary>
    public int Users { get; set; }

    /// <exception cref="RunRefusedException">The vocabulary or the data are not those that the run was made for.</exception>
    public static NodeRun Open(RunSpec spec, RunSources sources)
    {
        var vocabulary = Vocabulary.Load(sources.Vocabulary);
        var data = DataSpec.FromJson(spec.Data);
        if (data.VocabularySha256.Length > 0 && data.VocabularySha256 != vocabulary.Sha256)
            throw new RunRefusedException($"'{sources.Vocabulary}' has hash {vocabulary.Sha256}, the run was made for the vocabulary {data.VocabularySha256}.");
        var source = sources.Open();
        try
        {
            if (source.Digest != spec.DatasetDigest)
                throw new RunRefusedException($"'{source.Name}' has digest {source.Digest}, the run was made for the data set {spec.DatasetDigest}.");
            return new NodeRun(spec, source, data, vocabulary);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Parameters.Dispose();
        _source.Dispose();
    }
}
