namespace OrleansBlip.Benchmarks.Speed;

/// <summary>What one process measured.</summary>
/// <param name="Seconds">Median of the calls.</param>
/// <param name="Calls">How many were measured, after warming up.</param>
/// <param name="MatmulGigaflops">Of a 2048² float32 product on both cores in the same process, per second; the best of several.</param>
/// <param name="PeakBytes">The most resident memory that the process ever held.</param>
internal sealed record SpeedResult(double Seconds, int Calls, double MatmulGigaflops, long PeakBytes);
