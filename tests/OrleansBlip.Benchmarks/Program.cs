using System.CommandLine;
using OrleansBlip.Benchmarks.Arms;
using OrleansBlip.Benchmarks.Threads;

var root = new RootCommand("Measures what the design rests on. Run alone on the machine.") { ThreadsBenchmark.Command(), ArmsBenchmark.Command() };
return await root.Parse(args).InvokeAsync();
