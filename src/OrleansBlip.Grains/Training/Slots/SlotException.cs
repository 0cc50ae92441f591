using System.Runtime.InteropServices;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>A device failed at the computation of a slot, and the process lives on.</summary>
internal sealed class SlotException(int slot, Exception cause) : Exception(cause.Message, cause)
{
    /// <summary>The slot.</summary>
    public int Slot { get; } = slot;

    /// <summary>Whether a failure is the device's own: no memory, or whatever libtorch reports. Data that cannot be read is not.</summary>
    public static bool IsOfDevice(Exception exception) => exception is OutOfMemoryException || exception.GetType() == typeof(ExternalException);
}
