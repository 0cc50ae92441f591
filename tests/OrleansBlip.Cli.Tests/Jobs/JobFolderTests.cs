using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Jobs;

namespace OrleansBlip.Cli.Tests.Jobs;

public sealed class JobFolderTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("blip-job-").FullName;

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void Dispose_OfANewFolderThatWasNotKept_LeavesNothingInTheWay()
    {
        using (JobFolder.Claim(_path, resume: false))
        {
            File.WriteAllText(Path.Combine(_path, "vocab.txt"), "x");
            Directory.CreateDirectory(Path.Combine(_path, "initial"));
        }
        JobFolder.Claim(_path, resume: false).Keep();
    }

    [Fact]
    public void Dispose_OfAFolderThatWasKept_OrHeldSomething_LeavesIt()
    {
        var file = Path.Combine(_path, "state.db");
        using (var folder = JobFolder.Claim(_path, resume: false))
        {
            File.WriteAllText(file, "x");
            folder.Keep();
        }
        Assert.Equal(ExitCode.Conflict, Assert.Throws<CommandException>(() => JobFolder.Claim(_path, resume: false)).ExitCode);
        using (JobFolder.Claim(_path, resume: true))
        {
        }
        Assert.True(File.Exists(file));
    }
}
