using System.Collections.Concurrent;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Text;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Protocol.Runs;
using TorchSharp;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>A run's data and parameters in one process, shared by its devices and closed by the last of them.</summary>
internal sealed class NodeRun : IDisposable
{
    private readonly PairSource _source;
    private readonly Composition _composition;
    private readonly ConcurrentDictionary<string, Lazy<NodeParameters>> _parameters = [];
    private readonly Dictionary<string, NumericProfile> _profiles = [];

    private NodeRun(RunSpec spec, PairSource source, DataSpec data, Vocabulary vocabulary)
    {
        _source = source;
        Tokenizer = new CaptionTokenizer(vocabulary);
        Loader = new BatchLoader(source, Tokenizer, data, (ulong)spec.Seed, spec.SlotCount, spec.SlotSize);
        _composition = Families.Compose(ModelSpec.FromJson(spec.Model));
    }

    public CaptionTokenizer Tokenizer { get; }

    public BatchLoader Loader { get; }

    /// <summary>What models at a place read: devices on the CPU share their memory, each GPU has its own.</summary>
    public NodeParameters ParametersOn(torch.Device place) =>
        _parameters.GetOrAdd(place.ToString(), _ => new Lazy<NodeParameters>(() => new NodeParameters(_composition, place))).Value;

    /// <summary>The profile of a place, proved by the first of its devices while the others wait.</summary>
    public NumericProfile ProfileOf(torch.Device place, Func<NumericProfile> prove)
    {
        lock (_profiles)
        {
            if (!_profiles.TryGetValue(place.ToString(), out var profile)) _profiles.Add(place.ToString(), profile = prove());
            return profile;
        }
    }

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
        foreach (var parameters in _parameters.Values) parameters.Value.Dispose();
        _source.Dispose();
    }
}
