using Microsoft.Extensions.Logging;

namespace OrleansBlip.Grains.Training;

/// <summary>
/// Makes a call until it is heard. A call's failure leaves its outcome unknown; all that is delivered so may come twice, for the receiver's ledger does
/// not count it twice. A call that fails because something was disposed of is made again too, until the silo disposes of this.
/// </summary>
internal sealed partial class Delivery(TimeProvider time, ILogger<Delivery> logger) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50), LongestPause = TimeSpan.FromSeconds(2);

    private volatile bool _isOver;

    /// <summary>Calls until an answer comes or nobody wants it any more.</summary>
    /// <param name="what">What is delivered, for the log.</param>
    /// <param name="call">The call.</param>
    /// <param name="isWanted">Whether it still matters; asked before each attempt.</param>
    /// <returns>The answer; the default when it was no longer wanted, or the silo is gone.</returns>
    public async Task<T?> UntilHeardAsync<T>(string what, Func<Task<T>> call, Func<bool> isWanted)
    {
        for (var pause = FirstPause; !_isOver && isWanted(); pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return await call();
            }
            catch (OperationCanceledException) when (!isWanted())
            {
                return default;
            }
            catch (Exception exception)
            {
                LogAttemptFailed(logger, what, exception.Message);
            }
            await Task.Delay(pause, time);
        }
        return default;
    }

    /// <inheritdoc cref="UntilHeardAsync{T}(string, Func{Task{T}}, Func{bool})"/>
    public Task UntilHeardAsync(string what, Func<Task> call, Func<bool> isWanted) => UntilHeardAsync(
        what,
        async () =>
        {
            await call();
            return true;
        },
        isWanted);

    /// <inheritdoc/>
    public void Dispose() => _isOver = true;

    [LoggerMessage(Level = LogLevel.Warning, Message = "{What} was not heard and is sent again: {Problem}")]
    private static partial void LogAttemptFailed(ILogger logger, string what, string problem);
}
