using System.Runtime.InteropServices;
using OrleansBlip.Golden;
using OrleansBlip.Model.Objectives;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Tests.Objectives;

public sealed class FeatureQueueTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Enqueue_AnyBatchSizes_HoldsNewestInRing()
    {
        // Against a plain list: entry n of all ever enqueued lies at n mod capacity.
        const int capacity = 7, width = 2;
        var queue = new FeatureQueue(capacity, width);
        int entered = 0;
        foreach (int[] sizes in new int[][] { [], [2, 1], [0], [3], [4, 4], [20], [1], [7], [3, 11, 2] })
        {
            queue.Enqueue([.. sizes.Select(size => Features(ref entered, size, width))]);
            Assert.Equal(Math.Min(entered, capacity), queue.Count);
            Assert.Equal(entered % capacity, queue.Pointer);
            for (int entry = Math.Max(0, entered - capacity); entry < entered; entry++)
            {
                int place = entry % capacity;
                Assert.Equal(entry, queue.Ids.Span[place]);
                Assert.Equal(Row(entry, width, 1), queue.Images.Slice(place * width, width).ToArray());
                Assert.Equal(Row(entry, width, -1), queue.Texts.Slice(place * width, width).ToArray());
            }
        }
    }

    [Fact]
    public void Enqueue_WhileVersionIsRead_LeavesItUnchanged()
    {
        int entered = 0;
        var queue = new FeatureQueue(4, 1);
        queue.Enqueue([Features(ref entered, 3, 1)]);
        var (images, ids) = (queue.Images, queue.Ids);
        queue.Enqueue([Features(ref entered, 3, 1)]);
        Assert.Equal([0f, 1, 2], images.ToArray());
        Assert.Equal([0L, 1, 2], ids.ToArray());
        Assert.Equal([4L, 5, 2, 3], queue.Ids.ToArray());
    }

    [Fact]
    public void Enqueue_MismatchedSlot_ThrowsAndTakesNothing()
    {
        int entered = 0;
        var queue = new FeatureQueue(4, 2);
        var good = Features(ref entered, 2, 2);
        Assert.Throws<ArgumentException>(() => queue.Enqueue([good, good with { Ids = new long[1] }]));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void Read_WrittenQueue_ContinuesAlike()
    {
        int entered = 0;
        var queue = new FeatureQueue(5, 3);
        queue.Enqueue([Features(ref entered, 3, 3)]);
        using (var stream = File.Create(_folder["q"])) SafetensorsFile.Write(stream, queue.ToTensors());
        using var file = SafetensorsFile.Open(_folder["q"]);
        Assert.Equal([3L, 5], file.Tensors["image_queue"].Shape.ToArray());
        var copy = FeatureQueue.Read(file);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal((queue.Count, queue.Pointer), (copy.Count, copy.Pointer));
            Assert.Equal(queue.Images.ToArray(), copy.Images.ToArray());
            Assert.Equal(queue.Texts.ToArray(), copy.Texts.ToArray());
            Assert.Equal(queue.Ids.ToArray(), copy.Ids.ToArray());
            var features = Features(ref entered, 4, 3);
            queue.Enqueue([features]);
            copy.Enqueue([features]);
        }
    }

    [Fact]
    public void OfUnitVectors_AnyDraws_IsFullOfUnitVectors()
    {
        double state = 0;
        var queue = FeatureQueue.OfUnitVectors(6, 4, () => Math.Sin(state += 1.7));
        Assert.Equal((6, 0), (queue.Count, queue.Pointer));
        Assert.All(queue.Ids.ToArray(), id => Assert.Equal(FeatureQueue.NoId, id));
        foreach (var features in new[] { queue.Images.ToArray(), queue.Texts.ToArray() })
            Assert.All(features.Chunk(4), vector => Assert.Equal(1, vector.Sum(x => (double)x * x), 1e-6));
    }

    [GoldenFact("c-pretrain-step")]
    [Trait("Category", "Parity")]
    public void Golden_C_PretrainStep_QueueAfterEachStep()
    {
        string folder = GoldenFolder.Case("c-pretrain-step");
        using var initial = SafetensorsFile.Open(Path.Combine(folder, "weights.init.safetensors"));
        var queue = FeatureQueue.Read(initial);
        Assert.Equal(initial.Read<long>("queue_ptr")[0], queue.Pointer);
        int step = 0;
        for (; File.Exists(Path.Combine(folder, $"step{step}.expected.safetensors")); step++)
        {
            using var expected = SafetensorsFile.Open(Path.Combine(folder, $"step{step}.expected.safetensors"));
            queue.Enqueue([new SlotFeatures { Images = expected.Read<float>("image_feat_m"), Texts = expected.Read<float>("text_feat_m"), Ids = new long[expected.Tensors["image_feat_m"].Shape[0]] }]);
            var tensors = queue.ToTensors().ToDictionary(tensor => tensor.Name);
            Assert.Equal(expected.Read<long>("queue_ptr_after")[0], queue.Pointer);
            Assert.Equal(expected.Read<float>("image_queue_after"), MemoryMarshal.Cast<byte, float>(tensors["image_queue"].Bytes.Span).ToArray());
            Assert.Equal(expected.Read<float>("text_queue_after"), MemoryMarshal.Cast<byte, float>(tensors["text_queue"].Bytes.Span).ToArray());
        }
        Assert.NotEqual(0, step);
    }

    private static SlotFeatures Features(ref int entered, int rows, int width)
    {
        var entries = Enumerable.Range(entered, rows).ToArray();
        entered += rows;
        return new SlotFeatures
        {
            Images = entries.SelectMany(entry => Row(entry, width, 1)).ToArray(),
            Texts = entries.SelectMany(entry => Row(entry, width, -1)).ToArray(),
            Ids = entries.Select(entry => (long)entry).ToArray(),
        };
    }

    private static float[] Row(int entry, int width, int sign) => [.. Enumerable.Range(0, width).Select(i => sign * (entry + 100f * i))];
}
