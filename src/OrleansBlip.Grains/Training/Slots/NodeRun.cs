using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Text;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>A run's data and parameters on one node, shared by its devices and closed by the last of them.</summary>
internal sealed class NodeRun : IDisposable
{
    private readonly PairSource _source;

    public NodeRun(RunSpec spec, RunSources sources)
    {
        var vocabulary = Vocabulary.Load(sources.Vocabulary);
        var data = DataSpec.FromJson(spec.Data);
        if (data.VocabularySha256.Length > 0 && data.VocabularySha256 != vocabulary.Sha256)
            throw new RunRefusedException($"'{sources.Vocabulary}' has hash {vocabulary.Sha256}, the run was made for the vocabulary {data.VocabularySha256}.");
        _source = sources.Open();
        if (_source.Digest != spec.DatasetDigest)
        {
            _source.Dispose();
            throw new RunRefusedException($"'{_source.Name}' has digest {_source.Digest}, the run was made for the data set {spec.DatasetDigest}.");
        }
        Tokenizer = new CaptionTokenizer(vocabulary);
        Loader = new BatchLoader(_source, Tokenizer, data, (ulong)spec.Seed, spec.SlotCount, spec.SlotSize);
        Parameters = new NodeParameters(Families.Compose(ModelSpec.FromJson(spec.Model)));
    }

    public CaptionTokenizer Tokenizer { get; }

    public BatchLoader Loader { get; }

    public NodeParameters Parameters { get; }

    /// <summary>Devices that use it; guarded by the factory.</summary>
    public int Users { get; set; }

    public void Dispose()
    {
        Parameters.Dispose();
        _source.Dispose();
    }
}
