using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Data.Sources;

namespace OrleansBlip.Cli.Tests.Jobs;

public sealed class ShapeWorldJobTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("blip-world").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string World => Path.Combine(_folder, "world");

    [Fact]
    public async Task FreeWorld_IsWhatTheLevelSays()
    {
        Assert.Equal(ExitCode.Ok, await RunAsync("--level", "free", "--seed", "3", "--clean", "4", "--web", "40", "--val", "3", "--test", "5", "--noise", "0"));
        var truth = TruthFile.Read(World, ShapeWorldSplit.Web);
        Assert.Equal(40, truth.Count);
        Assert.All(truth.SelectMany(record => record.Texts), text => Assert.True(text.IsTrue));
        Assert.Contains(truth, record => record.Scene.Objects.Length > 2);
        using var clean = PairSources.Open(Path.Combine(World, "clean"));
        Assert.Equal((4, 20), (clean.PictureCount, clean.PairCount));
        // What is there is left alone, and something else is not written over it.
        Assert.Equal(ExitCode.Ok, await RunAsync("--level", "free", "--seed", "3", "--clean", "4", "--web", "40", "--val", "3", "--test", "5", "--noise", "0"));
        Assert.Equal(ExitCode.Failed, await RunAsync("--clean", "4"));
        Assert.Contains("is not an empty folder", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void UsualNoise_IsOfTheUsualShares() => Assert.Equal(new NoiseShares(), NoiseShares.Of(NoiseShares.UsualTotal));

    [Theory]
    [InlineData("--image-size", "47", "48 to 96")]
    [InlineData("--noise", "1.5", "from 0 to 1")]
    [InlineData("--level", "hard", "'hard'")]
    [InlineData("--test", "60001", "0 to 60000")]
    public async Task WrongOption_IsNamed_AndNothingIsWritten(string option, string value, string told)
    {
        Assert.Equal(ExitCode.Usage, await RunAsync(option, value));
        Assert.Contains(told, _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<int> RunAsync(params string[] arguments)
    {
        BlipRootCommand root = [ShapeWorldCommand.Create(ShapeWorldJob.RunAsync)];
        return CommandRunner.RunAsync(root, ["shapeworld", .. arguments, "--out", World, "--quiet"], _output, _error);
    }
}
