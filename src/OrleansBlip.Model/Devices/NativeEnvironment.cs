using System.Runtime.InteropServices;

namespace OrleansBlip.Model.Devices;

/// <summary>The environment that native libraries see; .NET's is a copy of it.</summary>
internal static partial class NativeEnvironment
{
    /// <summary>Sets a variable, unless the user has.</summary>
    /// <exception cref="InvalidOperationException">It cannot be set.</exception>
    public static void SetDefault(string name, string value)
    {
        if (Set(name, value, overwrite: 0) != 0)
            throw new InvalidOperationException($"{name} cannot be set: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    [LibraryImport("libc", EntryPoint = "setenv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Set(string name, string value, int overwrite);
}
