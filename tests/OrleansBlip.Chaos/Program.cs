using System.CommandLine;
using OrleansBlip.Chaos.Goodput;
using OrleansBlip.Chaos.Mutants;
using OrleansBlip.Chaos.Nodes;
using OrleansBlip.Chaos.Rows;
using OrleansBlip.Chaos.Schedules;
using OrleansBlip.Silo;

TorchHost.PrepareProcess();
// Packets are lost in a network of our own, where nobody else's are; mutants have nothing to do with nodes.
if (args is not ["mutants", ..] && !Network.IsOwn && Network.MissingReason is null) return await Network.RunInOwnAsync(args);
var root = new RootCommand("Kills, cuts off and confuses real nodes, and compares the weights that they end with.") { RowsCommand.Command(), MutantsCommand.Command(), GoodputCommand.Command() };
SchedulesCommand.AddTo(root);
return await root.Parse(args).InvokeAsync();
