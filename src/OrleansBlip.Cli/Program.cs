using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Silo;

TorchHost.PrepareProcess();
var root = new BlipRootCommand
{
    DemoCommand.Create(DemoJob.RunAsync),
    TrainCommand.Create(TrainJob.RunAsync),
    BootstrapCommand.Create(BootstrapJob.RunAsync),
    TokenizerCommand.Create(TokenizerJob.RunAsync),
    VersionCommand.Create(),
};
return await CommandRunner.RunAsync(root, args, Console.Out, Console.Error);
