namespace OrleansBlip.Silo;

/// <summary>A device that was asked for is not there. The message is for the user.</summary>
public sealed class DeviceException(string message) : Exception(message);
