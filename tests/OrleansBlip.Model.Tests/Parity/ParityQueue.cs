using System.Runtime.InteropServices;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Objectives;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

/// <summary>
/// The queue of a case, filled with what our steps computed. The product's queue is of single precision; for cases in double precision it says where entries
/// go, and tensors beside it hold them.
/// </summary>
internal sealed class ParityQueue
{
    private readonly GoldenCase _case;
    private readonly FeatureQueue _queue;
    private readonly QueueTensors? _exact;

    public ParityQueue(GoldenCase golden, string weights, torch.ScalarType dtype, int? pointer = null)
    {
        _case = golden;
        var queue = FeatureQueue.Read(golden.File_(weights));
        _queue = FeatureQueue.Of(queue.Capacity, queue.Width, queue.Images.Span, queue.Texts.Span, queue.Ids.Span, pointer ?? queue.Pointer);
        if (dtype == torch.ScalarType.Float64) _exact = new QueueTensors(Stored().Images.to_type(dtype), Stored().Texts.to_type(dtype), Stored().ImageIds);
    }

    public QueueTensors Tensors => _exact is null ? Stored() : _exact with { ImageIds = Stored().ImageIds };

    public void Enqueue(StepOutcome step, ContrastiveOutcome exact, torch.Tensor ids)
    {
        _queue.Enqueue([new SlotFeatures { Images = step.ImageFeatures, Texts = step.TextFeatures, Ids = ids.data<long>().ToArray() }]);
        if (_exact is null) return;
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        for (var i = 1; i <= _queue.FreshCount; i++)
        {
            var place = (_queue.FreshStart + _queue.FreshCount - i) % _queue.Capacity;
            _exact.Images.select(1, place).copy_(exact.ImageMomentum[-i]);
            _exact.Texts.select(1, place).copy_(exact.TextMomentum[-i]);
        }
    }

    /// <summary>Compares features.</summary>
    public void Near(string file, string suffix, double relative, double absolute)
    {
        using var scope = torch.NewDisposeScope();
        var stored = Stored();
        _case.Near(file, "image_queue" + suffix, Tensors.Images, relative, absolute);
        _case.Near(file, "text_queue" + suffix, Tensors.Texts, relative, absolute);
        Assert.True(torch.allclose(stored.Images.to_type(Tensors.Images.dtype), Tensors.Images, 1e-7, 1e-9), $"{file}: the queue of images");
        Assert.True(torch.allclose(stored.Texts.to_type(Tensors.Texts.dtype), Tensors.Texts, 1e-7, 1e-9), $"{file}: the queue of texts");
    }

    /// <summary>Compares where the next entry goes, and in retrieval, where there are ids, these.</summary>
    public void PlacesEqual(string file, string suffix)
    {
        var golden = _case.File_(file);
        var isRetrieval = golden.Tensors.ContainsKey("idx_queue" + suffix);
        Assert.Equal(golden.Read<long>((isRetrieval ? "ptr_queue" : "queue_ptr") + suffix)[0], _queue.Pointer);
        if (isRetrieval) Assert.Equal(golden.Read<long>("idx_queue" + suffix), _queue.Ids.ToArray());
    }

    // (d, K), as a checkpoint has it.
    private QueueTensors Stored()
    {
        var tensors = _queue.ToTensors().ToDictionary(tensor => tensor.Name);
        torch.Tensor Floats(string name) => torch.tensor(MemoryMarshal.Cast<byte, float>(tensors[name].Bytes.Span).ToArray()).view(_queue.Width, _queue.Capacity);
        return new QueueTensors(Floats("image_queue"), Floats("text_queue"), torch.tensor(_queue.Ids.ToArray()));
    }
}
