namespace OrleansBlip.Benchmarks.Threads;

/// <summary>What a case came to.</summary>
/// <param name="SamplesPerSecond">All devices together, in the best of the rounds: whatever else runs on the machine only takes away.</param>
/// <param name="Cores">Processor time per wall time while working, at most.</param>
/// <param name="IdleMilliseconds">Processor time of the first second after the work.</param>
/// <param name="ExtraThreads">Operating system threads that appeared beside the devices (the .NET runtime starts some too).</param>
/// <param name="Digests">Distinct hashes of the devices' gradients.</param>
internal sealed record ThreadsResult(double SamplesPerSecond, double Cores, double IdleMilliseconds, int ExtraThreads, string Digests);
