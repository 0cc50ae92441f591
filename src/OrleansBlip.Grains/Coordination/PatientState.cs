using Orleans.Storage;

namespace OrleansBlip.Grains.Coordination;

/// <summary>
/// A coordinator's record in storage. While the storage is away the coordinator waits, since whatever it did next would be forgotten, and says what for. One that has nothing to
/// write looks from time to time whether the record is still its own: while a cluster comes up, several activations may live side by side, and what others report to the one
/// that has gone on would be awaited for ever by the one that has not.
/// </summary>
/// <param name="state">The record.</param>
/// <param name="time">The clock of its pauses.</param>
/// <param name="away">Is told each time that the storage refuses.</param>
internal sealed class PatientState<TRecord>(IPersistentState<TRecord> state, TimeProvider time, Action<string> away)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), LookInterval = TimeSpan.FromSeconds(2);

    private long _lookedAt = time.GetTimestamp();

    /// <summary>The record as it was read or written last.</summary>
    public TRecord Record => state.State;

    /// <summary>What is waited for; null when nothing is.</summary>
    public string? Waits { get; private set; }

    /// <summary>Whether the record was neither written nor looked at for so long that it is to be looked at.</summary>
    public bool IsToBeLookedAt => time.GetElapsedTime(_lookedAt) >= LookInterval;

    /// <summary>
    /// Looks, where it is time to, whether the record in storage is the one that was read or written last. Not to be called while it is written. A storage that is away is asked
    /// again the next time.
    /// </summary>
    /// <exception cref="InconsistentStateException">Another coordinator has written: this one is to give way.</exception>
    public async Task LookAsync()
    {
        if (!IsToBeLookedAt) return;
        string? known = state.Etag;
        try
        {
            await state.ReadStateAsync();
        }
        catch (Exception exception)
        {
            away(exception.GetBaseException().Message);
        }
        if (state.Etag != known) throw new InconsistentStateException($"The record has changed from '{known}' to '{state.Etag}'.", storedEtag: state.Etag, currentEtag: known);
        _lookedAt = time.GetTimestamp();
    }

    /// <summary>Writes the record, as often as it takes.</summary>
    /// <param name="record">The record.</param>
    /// <param name="isOurs">Whether what stands in storage is this record: a write whose acknowledgement was lost, tried again, looks like somebody else's.</param>
    /// <exception cref="InconsistentStateException">Another coordinator has written: this one is to give way.</exception>
    public async Task WriteAsync(TRecord record, Func<TRecord, bool> isOurs)
    {
        state.State = record;
        while (true)
        {
            try
            {
                await state.WriteStateAsync();
                _lookedAt = time.GetTimestamp();
                Waits = null;
                return;
            }
            catch (InconsistentStateException)
            {
                await state.ReadStateAsync();
                if (!isOurs(state.State)) throw;
                Waits = null;
                return;
            }
            catch (Exception exception)
            {
                // The storage provider's own message is its stack trace.
                var why = exception.GetBaseException().Message;
                Waits = $"its state cannot be written: {why}";
                away(why);
                await Task.Delay(Pause, time);
            }
        }
    }
}
