using TorchSharp;

namespace OrleansBlip.Model.Devices;

/// <summary>
/// How many cores libtorch uses for what a thread asks of it, and how its idle threads wait. OpenMP and MKL keep the number per calling thread, so each
/// thread that calls libtorch claims its own. With one core per device, the default, libtorch starts no threads and nothing can spin.
/// </summary>
public static class TorchThreads
{
    /// <summary>Gives the calling thread's tensor operations <paramref name="cores"/> cores, from here on.</summary>
    /// <param name="cores">Cores of this device, at least 1. The number may change the last bits of sums.</param>
    /// <exception cref="InvalidOperationException">libtorch reports another number afterwards.</exception>
    public static void Claim(int cores)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cores, 1);
        torch.set_num_threads(cores);
        var actual = torch.get_num_threads();
        if (actual == cores) return;
        throw new InvalidOperationException(
            $"libtorch computes with {actual} cores on thread '{Thread.CurrentThread.Name}' after being told {cores}; unset the environment's OMP_ variables.");
    }

    /// <summary>
    /// Lets idle threads of a device of several cores sleep sooner. By default they spin for milliseconds, which is cheap alone on a machine and ruinous
    /// when anything else wants the core: a step then takes several times as long. Set before libtorch is loaded, in the environment that native code
    /// sees; the user's own GOMP_SPINCOUNT or OMP_WAIT_POLICY wins.
    /// </summary>
    /// <exception cref="InvalidOperationException">libtorch is loaded already and has read its environment.</exception>
    public static void LimitSpinning()
    {
        if (File.ReadLines("/proc/self/maps").Any(line => line.Contains("libgomp", StringComparison.Ordinal)))
        {
            throw new InvalidOperationException("TorchThreads.LimitSpinning was called after libtorch was loaded; call it first in Program.cs.");
        }
        if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is not null) return;
        NativeEnvironment.SetDefault("GOMP_SPINCOUNT", "10000");
    }
}
