using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>The feature queue on the wire: whole, or only the entries that the version before has not.</summary>
internal static class QueueRows
{
    /// <summary>Which rows are sent.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="hasBefore">Whether the receiver has the version before.</param>
    public static QueueHeader HeaderOf(QueueBlock queue, bool hasBefore)
    {
        int count = queue.Ids.Length, width = count == 0 ? 0 : queue.Image.Length / count;
        return hasBefore && queue.FreshCount is { } fresh
            ? new QueueHeader { Count = count, Width = width, Start = queue.FreshStart, Rows = fresh }
            : new QueueHeader { Count = count, Width = width, Start = 0, Rows = count };
    }

    /// <summary>Writes the rows.</summary>
    public static async Task WriteAsync(BlockStream stream, QueueBlock queue, QueueHeader header, CancellationToken cancellation)
    {
        foreach (var (start, rows) in PartsOf(header))
        {
            await stream.WriteRawAsync(queue.Image.Values.Slice(start * header.Width, rows * header.Width), isHashed: true, cancellation);
            await stream.WriteRawAsync(queue.Text.Values.Slice(start * header.Width, rows * header.Width), isHashed: true, cancellation);
            await stream.WriteRawAsync(queue.Ids.Slice(start, rows), isHashed: true, cancellation);
        }
    }

    /// <summary>Reads the rows to their places.</summary>
    public static async Task ReadAsync(BlockStream stream, PulledQueue queue, QueueHeader header, TimeSpan silence, CancellationToken cancellation)
    {
        foreach (var (start, rows) in PartsOf(header))
        {
            await stream.ReadRawAsync(queue.Images.AsMemory(start * header.Width, rows * header.Width), silence, cancellation);
            await stream.ReadRawAsync(queue.Texts.AsMemory(start * header.Width, rows * header.Width), silence, cancellation);
            await stream.ReadRawAsync(queue.Ids.AsMemory(start, rows), silence, cancellation);
        }
    }

    // The ring's end and its beginning.
    private static (int Start, int Rows)[] PartsOf(QueueHeader header)
    {
        int untilEnd = Math.Min(header.Rows, header.Count - header.Start);
        return [(header.Start, untilEnd), (0, header.Rows - untilEnd)];
    }
}
