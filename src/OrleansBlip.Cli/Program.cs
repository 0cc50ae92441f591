using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Silo;

TorchHost.PrepareProcess();
var root = new BlipRootCommand
{
    DemoCommand.Create(DemoJob.RunAsync),
    TrainCommand.Create(TrainJob.RunAsync),
    ReplayCommand.Create(ReplayJob.RunAsync),
    EstimateCommand.Create(EstimateJob.RunAsync),
    DoctorCommand.Create(DoctorJob.RunAsync),
    BootstrapCommand.Create(BootstrapJob.RunAsync),
    ImageCommands.Caption(ImageJobs.Caption),
    ImageCommands.Match(ImageJobs.Match),
    ImageCommands.Answer(ImageJobs.Answer),
    ImageCommands.Search(ImageJobs.Search),
    ImageCommands.Judge(ImageJobs.Judge),
    ImageCommands.Features(ImageJobs.Features),
    ImageCommands.Classify(ImageJobs.Classify),
    DialogueCommand.Create(ImageJobs.RankInDialogue, DialogueEvaluationJob.RunAsync),
    ModelCommand.Create(ModelJobs.Import, ModelJobs.Export, ModelJobs.Inspect),
    TokenizerCommand.Create(TokenizerJob.RunAsync),
    ShapeWorldCommand.Create(ShapeWorldJob.RunAsync),
    CertsCommand.Create(CertsJob.Create),
    UpCommand.Create(UpJob.RunAsync),
    DbCommand.Create(DbJob.MigrateAsync),
    VersionCommand.Create(),
};
return await CommandRunner.RunAsync(root, args, Console.Out, Console.Error);
