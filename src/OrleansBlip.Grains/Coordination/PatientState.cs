using Orleans.Storage;

namespace OrleansBlip.Grains.Coordination;

/// <summary>A coordinator's record in storage. While the storage is away the coordinator waits, since whatever it did next would be forgotten, and says what for.</summary>
/// <param name="state">The record.</param>
/// <param name="time">The clock of its pauses.</param>
/// <param name="away">Is told each time that the storage refuses.</param>
internal sealed class PatientState<TRecord>(IPersistentState<TRecord> state, TimeProvider time, Action<string> away)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>The record as it was read or written last.</summary>
    public TRecord Record => state.State;

    /// <summary>What is waited for; null when nothing is.</summary>
    public string? Waits { get; private set; }

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
