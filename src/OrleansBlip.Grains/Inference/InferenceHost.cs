using OrleansBlip.Data.Sources;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Inference;

/// <summary>The models that a node's devices infer with, one a device: kept from lease to lease, replaced when a lease names another. Once per silo.</summary>
internal sealed class InferenceHost(DevicePool devices) : IAsyncDisposable
{
    // Each seat is touched on its device's own thread only.
    private readonly Seat[] _seats = [.. Enumerable.Range(0, devices.Count).Select(_ => new Seat())];

    /// <summary>Writes captions on a device.</summary>
    public Task<CaptionBlock> CaptionAsync(int device, CaptionLease lease) =>
        OnDevice(device, seat => seat.Take(lease.Model, lease.Data, folder => new CaptionerEngine(folder, devices[device].Place)).Write(seat.Source!, lease));

    /// <summary>Scores texts on a device.</summary>
    public Task<ScoreBlock> ScoreAsync(int device, ScoreLease lease) =>
        OnDevice(device, seat => seat.Take(lease.Model, lease.Data, folder => new FilterEngine(folder, devices[device].Place)).Score(seat.Source!, lease));

    /// <summary>Frees a device's model.</summary>
    public Task CloseAsync(int device) => OnDevice(device, seat =>
    {
        seat.Dispose();
        return true;
    });

    /// <summary>Frees all.</summary>
    public async ValueTask DisposeAsync()
    {
        for (var device = 0; device < _seats.Length; device++) await CloseAsync(device);
    }

    private Task<T> OnDevice<T>(int device, Func<Seat, T> work) => device < _seats.Length
        ? devices[device].RunAsync(() => work(_seats[device]))
        : Task.FromException<T>(new RunRefusedException($"This node has {_seats.Length} devices, there is no device {device}."));

    private sealed class Seat : IDisposable
    {
        private ModelReference? _model;
        private DataReference? _data;
        private IDisposable? _engine;

        public PairSource? Source { get; private set; }

        public TEngine Take<TEngine>(ModelReference model, DataReference data, Func<ModelFolder, TEngine> build) where TEngine : class, IDisposable
        {
            if (_engine is TEngine engine && _model == model && _data == data) return engine;
            Dispose();
            Source = Open(data);
            var folder = ModelFolder.Open(model.Folder);
            if (folder.WeightsSha256 != model.WeightsSha256)
                throw new RunRefusedException($"'{model.Folder}' has weights {folder.WeightsSha256}, the lease wants {model.WeightsSha256}: every node must see the same folder.");
            var built = build(folder);
            (_engine, _model, _data) = (built, model, data);
            return built;
        }

        public void Dispose()
        {
            _engine?.Dispose();
            Source?.Dispose();
            (_engine, _model, _data, Source) = (null, null, null, null);
        }

        private static PairSource Open(DataReference data)
        {
            var source = PairSources.Open(data.Path, new PairSourceOptions { VerifyHashes = false });
            if (source.Digest == data.Digest) return source;
            var digest = source.Digest;
            source.Dispose();
            throw new RunRefusedException($"'{data.Path}' has digest {digest}, the lease wants {data.Digest}: every node must see the same data.");
        }
    }
}
