using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Objectives;

/// <summary>
/// The queue of past momentum features that ITC contrasts against (BLIP §3.2, after MoCo): a ring that starts empty, grows to its capacity, and takes
/// batches of any size. Double-buffered like the weights: what <see cref="Images"/>, <see cref="Texts"/> and <see cref="Ids"/> returned stays unchanged
/// during the next <see cref="Enqueue"/>, and is overwritten by the one after it. Legend: K entries so far, d feature width.
/// </summary>
public sealed class FeatureQueue
{
    /// <summary>The id of an entry that belongs to no known image.</summary>
    public const long NoId = -100;

    private Buffers _current, _next;

    // What the last call put into _current and _next still lacks.
    private int _lastStart, _lastRows;

    /// <summary>An empty queue.</summary>
    /// <param name="capacity">Most entries held; 0 turns the queue off.</param>
    /// <param name="width">d.</param>
    public FeatureQueue(int capacity, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        Capacity = capacity;
        Width = width;
        _current = new Buffers(capacity, width);
        _next = new Buffers(capacity, width);
    }

    /// <summary>Most entries held.</summary>
    public int Capacity { get; }

    /// <summary>d.</summary>
    public int Width { get; }

    /// <summary>K: entries held.</summary>
    public int Count { get; private set; }

    /// <summary>Where the next entry goes.</summary>
    public int Pointer { get; private set; }

    /// <summary>Where the last <see cref="Enqueue"/> began; 0 before the first.</summary>
    public int FreshStart => _lastStart;

    /// <summary>Entries that the last <see cref="Enqueue"/> put there, going on from the first where the ring ends; all before the first.</summary>
    public int FreshCount => Math.Min(_lastRows, Count);

    /// <summary>Image features, (K, d) row-major.</summary>
    public ReadOnlyMemory<float> Images => _current.Images.AsMemory(0, Count * Width);

    /// <summary>Text features, (K, d) row-major.</summary>
    public ReadOnlyMemory<float> Texts => _current.Texts.AsMemory(0, Count * Width);

    /// <summary>Image ids, (K).</summary>
    public ReadOnlyMemory<long> Ids => _current.Ids.AsMemory(0, Count);

    /// <summary>A full queue of random unit vectors without ids, as the reference starts.</summary>
    /// <param name="capacity">Entries.</param>
    /// <param name="width">d.</param>
    /// <param name="nextNormal">Draws from the standard normal distribution: all images first, entry by entry, then all texts.</param>
    public static FeatureQueue OfUnitVectors(int capacity, int width, Func<double> nextNormal)
    {
        var queue = new FeatureQueue(capacity, width);
        var vector = new double[width];
        foreach (var features in new[] { queue._current.Images, queue._current.Texts })
        {
            for (int row = 0; row < capacity; row++)
            {
                for (int i = 0; i < width; i++) vector[i] = nextNormal();
                double norm = Math.Sqrt(vector.Sum(x => x * x));
                for (int i = 0; i < width; i++) features[row * width + i] = (float)(vector[i] / norm);
            }
        }
        queue.TakeOver(count: capacity, pointer: 0);
        return queue;
    }

    /// <summary>A copy of another queue, of what that one showed.</summary>
    /// <param name="capacity">Most entries held.</param>
    /// <param name="width">d.</param>
    /// <param name="images">Image features, (K, d) row-major.</param>
    /// <param name="texts">Text features, (K, d) row-major.</param>
    /// <param name="ids">Image ids, (K).</param>
    /// <param name="pointer">Where the next entry goes.</param>
    /// <exception cref="ArgumentException">They do not belong together.</exception>
    public static FeatureQueue Of(int capacity, int width, ReadOnlySpan<float> images, ReadOnlySpan<float> texts, ReadOnlySpan<long> ids, int pointer)
    {
        if (ids.Length > capacity || images.Length != ids.Length * width || texts.Length != images.Length || pointer < 0 || pointer > Math.Max(0, capacity - 1))
            throw new ArgumentException($"{ids.Length} ids, {images.Length} and {texts.Length} feature elements and pointer {pointer} are no queue of {capacity} entries of width {width}.", nameof(ids));
        var queue = new FeatureQueue(capacity, width);
        images.CopyTo(queue._current.Images);
        texts.CopyTo(queue._current.Texts);
        ids.CopyTo(queue._current.Ids);
        queue.TakeOver(ids.Length, pointer);
        return queue;
    }

    /// <summary>Reads a queue under the reference checkpoint's names.</summary>
    /// <exception cref="InvalidDataException">The tensors do not belong together.</exception>
    public static FeatureQueue Read(SafetensorsFile file)
    {
        var shape = file.Tensors["image_queue"].Shape;
        if (shape.Length != 2 || !file.Tensors["text_queue"].Shape.AsSpan().SequenceEqual(shape.AsSpan()))
            throw new InvalidDataException($"image_queue and text_queue of '{file.Path}' must have one shape (d, K).");
        var (width, capacity) = ((int)shape[0], (int)shape[1]);
        var queue = new FeatureQueue(capacity, width);
        Transpose(file.ReadSingles("image_queue"), queue._current.Images, width, capacity);
        Transpose(file.ReadSingles("text_queue"), queue._current.Texts, width, capacity);
        if (file.Tensors.ContainsKey("idx_queue")) file.Read<long>("idx_queue").CopyTo(queue._current.Ids, 0);
        // The reference names the pointer queue_ptr in pre-training and ptr_queue in retrieval; its queues are always full.
        long pointer = file.Read<long>(file.Tensors.ContainsKey("queue_ptr") ? "queue_ptr" : "ptr_queue")[0];
        long count = file.Tensors.ContainsKey("queue_count") ? file.Read<long>("queue_count")[0] : capacity;
        if (pointer < 0 || pointer > Math.Max(0, capacity - 1) || count < 0 || count > capacity)
            throw new InvalidDataException($"A queue of {capacity} in '{file.Path}' has pointer {pointer} and {count} entries.");
        queue.TakeOver((int)count, (int)pointer);
        return queue;
    }

    /// <summary>The queue under the reference checkpoint's names and shapes: image_queue and text_queue (d, capacity), and queue_count beside them.</summary>
    public IEnumerable<TensorData> ToTensors()
    {
        var (images, texts) = (new float[Capacity * Width], new float[Capacity * Width]);
        Transpose(_current.Images, images, Capacity, Width);
        Transpose(_current.Texts, texts, Capacity, Width);
        return
        [
            TensorData.Of<float>("image_queue", images, Width, Capacity),
            TensorData.Of<float>("text_queue", texts, Width, Capacity),
            TensorData.Of<long>("idx_queue", _current.Ids.ToArray(), 1, Capacity),
            TensorData.Of<long>("queue_ptr", new long[] { Pointer }, 1),
            TensorData.Of<long>("queue_count", new long[] { Count }, 1),
        ];
    }

    /// <summary>Makes the next version: appends the features of one step over the oldest ones.</summary>
    /// <param name="slots">All slots of the step, in slot order.</param>
    /// <exception cref="ArgumentException">A slot's features, texts and ids differ in their number; nothing was taken.</exception>
    public void Enqueue(IReadOnlyList<SlotFeatures> slots)
    {
        for (int v = 0; v < slots.Count; v++)
        {
            int rows = slots[v].Ids.Length;
            if (slots[v].Images.Length != rows * Width || slots[v].Texts.Length != rows * Width)
                throw new ArgumentException(
                    $"Slot {v} has {rows} ids, {slots[v].Images.Length} and {slots[v].Texts.Length} feature elements of width {Width}.", nameof(slots));
        }
        if (Capacity == 0) return;
        _next.CopyRing(_current, _lastStart, _lastRows);
        int total = slots.Sum(slot => slot.Ids.Length), taken = 0;
        foreach (var slot in slots)
        {
            for (int row = 0; row < slot.Ids.Length; row++, taken++)
            {
                // Of more rows than the ring holds, only the last ones would survive.
                if (taken >= total - Capacity) _next.Put((Pointer + taken) % Capacity, slot, row);
            }
        }
        _lastRows = Math.Min(total, Capacity);
        _lastStart = (Pointer + total - _lastRows) % Capacity;
        Pointer = (Pointer + total) % Capacity;
        Count = Math.Min(Capacity, Count + total);
        (_current, _next) = (_next, _current);
    }

    private static void Transpose(float[] from, float[] to, int rows, int columns)
    {
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++) to[column * rows + row] = from[row * columns + column];
        }
    }

    private void TakeOver(int count, int pointer)
    {
        (Count, Pointer) = (count, pointer);
        (_lastStart, _lastRows) = (0, Capacity);
    }

    private sealed class Buffers
    {
        private readonly int _capacity, _width;

        public Buffers(int capacity, int width)
        {
            (_capacity, _width) = (capacity, width);
            Images = new float[capacity * width];
            Texts = new float[capacity * width];
            Ids = new long[capacity];
            Ids.AsSpan().Fill(NoId);
        }

        public float[] Images { get; }

        public float[] Texts { get; }

        public long[] Ids { get; }

        public void Put(int place, SlotFeatures slot, int row)
        {
            slot.Images.Slice(row * _width, _width).CopyTo(Images.AsMemory(place * _width));
            slot.Texts.Slice(row * _width, _width).CopyTo(Texts.AsMemory(place * _width));
            Ids[place] = slot.Ids.Span[row];
        }

        public void CopyRing(Buffers from, int start, int rows)
        {
            int untilEnd = Math.Min(rows, _capacity - start);
            Copy(from, start, untilEnd);
            Copy(from, 0, rows - untilEnd);
        }

        private void Copy(Buffers from, int start, int rows)
        {
            Array.Copy(from.Images, start * _width, Images, start * _width, rows * _width);
            Array.Copy(from.Texts, start * _width, Texts, start * _width, rows * _width);
            Array.Copy(from.Ids, start, Ids, start, rows);
        }
    }
}
