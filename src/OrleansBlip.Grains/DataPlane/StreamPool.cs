using System.Collections.Concurrent;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>Connections to one shard, used again and again: a ticket costs a grain call, once for each of them and not for each block. Thread-safe.</summary>
/// <param name="admit">Asks the shard for a ticket; null where it is not held in that view.</param>
/// <param name="connector">Opens connections.</param>
/// <param name="streamsMax">Connections at once, at least 1.</param>
internal sealed class StreamPool(Func<ViewNumber, Task<StreamTicket?>> admit, StreamConnector connector, int streamsMax) : IAsyncDisposable
{
    private readonly SemaphoreSlim _places = new(streamsMax);
    private readonly ConcurrentStack<(BlockStream Stream, long BodyBytesMax)> _idle = new();
    private volatile bool _isClosed;

    /// <summary>
    /// Does one exchange on a connection of its own. Where one that stood idle turns out to be broken, it is done anew on a new connection.
    /// </summary>
    /// <param name="view">The view.</param>
    /// <param name="bodyBytes">Bytes of the block that is sent.</param>
    /// <param name="exchange">The exchange; it may be called twice.</param>
    /// <param name="tooLong">The answer where the shard takes no block of this length.</param>
    /// <param name="cancellation">Gives up, and closes the connection.</param>
    /// <returns>Null where the shard is not held in that view.</returns>
    /// <exception cref="IOException">The connection broke, and nobody knows what became of it.</exception>
    public async Task<T?> WithStreamAsync<T>(ViewNumber view, long bodyBytes, Func<BlockStream, Task<T>> exchange, T tooLong, CancellationToken cancellation) where T : class
    {
        await _places.WaitAsync(cancellation);
        try
        {
            while (_idle.TryPop(out var idle))
            {
                if (idle.BodyBytesMax < bodyBytes)
                {
                    // The shard has another size than when this connection was let in.
                    await idle.Stream.DisposeAsync();
                    continue;
                }
                try
                {
                    return await OnAsync(idle.Stream, idle.BodyBytesMax, exchange);
                }
                catch (IOException) when (!cancellation.IsCancellationRequested)
                {
                    // Its node has gone or closed it since. So it may be with the others.
                    await CloseIdleAsync();
                }
            }
            if (await admit(view) is not { } ticket) return null;
            if (bodyBytes > ticket.BodyBytesMax) return tooLong;
            return await OnAsync(await connector.ConnectAsync(ticket, cancellation), ticket.BodyBytesMax, exchange);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Closes all connections. An exchange that is under way closes its own.</summary>
    public async ValueTask DisposeAsync()
    {
        _isClosed = true;
        await CloseIdleAsync();
    }

    private async Task<T> OnAsync<T>(BlockStream stream, long bodyBytesMax, Func<BlockStream, Task<T>> exchange)
    {
        bool isDone = false;
        try
        {
            var result = await exchange(stream);
            isDone = !_isClosed;
            return result;
        }
        finally
        {
            if (isDone) _idle.Push((stream, bodyBytesMax));
            else await stream.DisposeAsync();
        }
    }

    private async Task CloseIdleAsync()
    {
        while (_idle.TryPop(out var idle)) await idle.Stream.DisposeAsync();
    }
}
