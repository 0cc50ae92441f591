using System.Runtime.InteropServices;
using OrleansBlip.Data;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>A slot could not be computed, and the process lives on.</summary>
internal sealed class SlotException(int slot, Exception cause) : Exception(cause.Message, cause)
{
    /// <summary>The slot, where the device failed at it; null where its samples could not be read.</summary>
    public int? Slot { get; } = IsOfDevice(cause) ? slot : null;

    /// <summary>How the slot's lease ends.</summary>
    public LeaseOutcome Outcome { get; } = IsOfDevice(cause) ? LeaseOutcome.Failed : LeaseOutcome.Unreadable;

    /// <summary>Whether a failure has to do with the slot, and not with whatever else is done on the device.</summary>
    public static bool IsOfSlot(Exception exception) => IsOfDevice(exception) || IsOfData(exception);

    /// <summary>Whether a failure is the device's own: no memory, or whatever libtorch reports.</summary>
    private static bool IsOfDevice(Exception exception) => exception is OutOfMemoryException || exception.GetType() == typeof(ExternalException);

    /// <summary>Whether a failure is that of whatever holds the data.</summary>
    private static bool IsOfData(Exception exception) => exception is DatasetException or IOException or UnauthorizedAccessException;
}
