using System.Globalization;
using System.Runtime.InteropServices;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Grains.Training.Checkpoints;

/// <summary>A parameter shard as a safetensors file: its ranges of the flat vectors, and where they lie.</summary>
internal sealed class ShardObject : IDisposable
{
    public const string Role = "shard";

    private const string Weights = "weights", First = "adam.first", Second = "adam.second", Momentum = "momentum";

    private readonly SafetensorsFile _file;

    public ShardObject(string path)
    {
        _file = SafetensorsFile.Open(path);
        Start = Number("start");
        End = Start + _file.Tensors[Weights].Shape[0];
        MomentumStart = Number("momentumStart");
        MomentumEnd = MomentumStart + _file.Tensors[Momentum].Shape[0];
        UpdateCount = Number("updateCount");
    }

    public long Start { get; }

    public long End { get; }

    public long MomentumStart { get; }

    public long MomentumEnd { get; }

    public long UpdateCount { get; }

    public static void Write(Stream stream, ShardValues shard) => SafetensorsFile.Write(
        stream,
        [
            TensorData.Of(Weights, shard.Weights, shard.Weights.Length),
            TensorData.Of(First, shard.FirstMoment, shard.FirstMoment.Length),
            TensorData.Of(Second, shard.SecondMoment, shard.SecondMoment.Length),
            TensorData.Of(Momentum, shard.Momentum, shard.Momentum.Length),
        ],
        new Dictionary<string, string>
        {
            ["start"] = shard.Start.ToString(CultureInfo.InvariantCulture),
            ["momentumStart"] = shard.MomentumStart.ToString(CultureInfo.InvariantCulture),
            ["updateCount"] = shard.UpdateCount.ToString(CultureInfo.InvariantCulture),
        });

    /// <summary>Copies what this shard has of the weights of the flat range that starts at <paramref name="start"/>.</summary>
    public void CopyWeights(long start, Span<float> weights) => Copy(Weights, Start, End, start, weights);

    /// <summary>Copies what this shard has of the moments of the flat range that starts at <paramref name="start"/>.</summary>
    public void CopyMoments(long start, Span<float> first, Span<float> second)
    {
        Copy(First, Start, End, start, first);
        Copy(Second, Start, End, start, second);
    }

    /// <summary>Copies what this shard has of the momentum range that starts at <paramref name="start"/>.</summary>
    public void CopyMomentum(long start, Span<float> momentum) => Copy(Momentum, MomentumStart, MomentumEnd, start, momentum);

    public void Dispose() => _file.Dispose();

    private void Copy(string name, long from, long to, long start, Span<float> destination)
    {
        long first = Math.Max(from, start), last = Math.Min(to, start + destination.Length);
        if (first >= last) return;
        var part = destination.Slice((int)(first - start), (int)(last - first));
        _file.ReadBytes(name, (first - from) * sizeof(float), MemoryMarshal.AsBytes(part));
    }

    private long Number(string key) => _file.Metadata.TryGetValue(key, out string? text) && long.TryParse(text, CultureInfo.InvariantCulture, out long number)
        ? number
        : throw new CheckpointException($"'{_file.Path}' does not say its {key}.");
}
