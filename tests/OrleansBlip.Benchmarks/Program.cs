using System.CommandLine;
using OrleansBlip.Benchmarks.Arms;
using OrleansBlip.Benchmarks.Speed;
using OrleansBlip.Benchmarks.Threads;
using OrleansBlip.Benchmarks.Training;
using OrleansBlip.Benchmarks.Wire;

var root = new RootCommand("Measures what the design rests on. Run alone on the machine.") { ThreadsBenchmark.Command(), ArmsBenchmark.Command(), ProtocolBenchmark.Command(), SlotsBenchmark.Command(), SpeedBenchmark.Command(), AdamWBenchmark.Command(), MemoryBenchmark.Command(), CheckpointsBenchmark.Command(), RecoveryBenchmark.Command(), WireBenchmark.Command() };
return await root.Parse(args).InvokeAsync();
