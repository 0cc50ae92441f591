using System.Diagnostics;
using OrleansBlip.Model.Devices;

namespace OrleansBlip.Benchmarks.Threads;

/// <summary>What a process does: so many devices, each a thread of its own that claims so many cores of libtorch.</summary>
/// <param name="Size">The workload.</param>
/// <param name="Devices">Device threads.</param>
/// <param name="Threads">Cores a device claims; 0 to claim none on the device's thread but one on the main thread, which is the mistake to know.</param>
/// <param name="Seconds">Length of each measured round.</param>
/// <param name="LimitSpinning">Whether the program says how idle threads wait.</param>
internal sealed record ThreadsCase(string Size, int Devices, int Threads, double Seconds, bool LimitSpinning)
{
    private const int Rounds = 10;

    /// <summary>Runs the case in this process, which must not have used libtorch before.</summary>
    public async Task<ThreadsResult> RunAsync()
    {
        var threadsBefore = Process.GetCurrentProcess().Threads.Count;
        if (LimitSpinning) TorchThreads.LimitSpinning();
        if (Threads == 0) TorchThreads.Claim(1);
        var rates = new double[Rounds];
        var digests = new string[Devices];
        var cores = 0.0;
        using (var barrier = new Barrier(Devices + 1))
        {
            var counts = new int[Devices];
            var devices = Enumerable.Range(0, Devices).Select(i => new Thread(() => Work(i, barrier, counts, digests)) { Name = $"device {i}" }).ToList();
            foreach (var device in devices) device.Start();
            barrier.SignalAndWait(); // all have warmed up
            for (var round = 0; round < Rounds; round++)
            {
                var (cpu, clock) = (Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.StartNew());
                barrier.SignalAndWait();
                barrier.SignalAndWait();
                rates[round] = counts.Sum() / clock.Elapsed.TotalSeconds;
                cores = Math.Max(cores, (Process.GetCurrentProcess().TotalProcessorTime - cpu) / clock.Elapsed);
            }
            var idleFrom = Process.GetCurrentProcess().TotalProcessorTime;
            await Task.Delay(TimeSpan.FromSeconds(1));
            var idle = Process.GetCurrentProcess().TotalProcessorTime - idleFrom;
            var threads = Process.GetCurrentProcess().Threads.Count - threadsBefore - Devices;
            barrier.SignalAndWait();
            foreach (var device in devices) device.Join();
            return new ThreadsResult(rates.Max(), cores, idle.TotalMilliseconds, threads, string.Join(' ', digests.Distinct()));
        }
    }

    private void Work(int device, Barrier barrier, int[] counts, string[] digests)
    {
        if (Threads > 0) TorchThreads.Claim(Threads);
        using var workload = EncoderWorkload.Create(Size);
        for (var i = 0; i < 5; i++) workload.Step();
        digests[device] = workload.Digest();
        barrier.SignalAndWait();
        for (var round = 0; round < Rounds; round++)
        {
            barrier.SignalAndWait();
            counts[device] = 0;
            for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < Seconds;) counts[device] += workload.Step();
            barrier.SignalAndWait();
        }
        barrier.SignalAndWait(); // stays alive, waiting, while the idle process is watched
    }
}
