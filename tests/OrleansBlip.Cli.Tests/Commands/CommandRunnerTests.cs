using System.CommandLine;
using System.Runtime.InteropServices;
using OrleansBlip.Cli.Commands;

namespace OrleansBlip.Cli.Tests.Commands;

public sealed class CommandRunnerTests
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    [Fact]
    public async Task Run_CommandSucceeds_PrintsNothingElse()
    {
        Assert.Equal(0, await RunAsync(() => Task.FromResult(0)));
        Assert.Empty(_error.ToString());
    }

    [Theory]
    [InlineData("work", "--wrong")]
    [InlineData("nonsense")]
    [InlineData("work", "--count", "many")]
    public async Task Run_WrongArguments_ExitsWith2AndOneLine(params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await RunAsync(() => Task.FromResult(0), arguments));
        AssertOneLine("--help'.");
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task Run_MisspeltCommand_NamesIt()
    {
        await RunAsync(() => Task.FromResult(0), "wrok");
        Assert.Equal("error: 'wrok' is no command or option here. See '--help'.", AssertOneLine("error: "));
    }

    public static TheoryData<Exception, int, string> Failures => new()
    {
        { new CommandException(ExitCode.Conflict, "The folder is in use"), 5, "error: The folder is in use" },
        { new DirectoryNotFoundException("No folder 'x'."), 3, "error: No folder 'x'." },
        { new FileNotFoundException("No file 'x'."), 3, "error: No file 'x'." },
        { new IOException("No space left on device : 'x'"), 1, "error: No space left on device : 'x'" },
        { new TimeoutException("The silo did not answer."), 124, "error: The silo did not answer." },
        { new AggregateException(new CommandException(ExitCode.Unavailable, "No silo")), 6, "error: No silo" },
        { new CommandException(ExitCode.Failed, "two\nlines"), 1, "error: two lines" },
        { new ArgumentException("odd"), 1, "error: unexpected ArgumentException: odd Run it again with --verbose to see where" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Run_CommandThrows_ExitsWithItsCodeAndOneLine(Exception exception, int exitCode, string line)
    {
        Assert.Equal(exitCode, await RunAsync(() => throw exception));
        Assert.Equal(line, AssertOneLine("error: "));
    }

    [Fact]
    public async Task Run_VerboseCommandThrows_ShowsWhere()
    {
        await RunAsync(() => throw new ArgumentException("odd"), "work", "--verbose");
        Assert.Contains(nameof(Run_VerboseCommandThrows_ShowsWhere), _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Interruption_FirstSignal_CancelsAndTheSecondEndsTheProcess()
    {
        using var interruption = new Interruption(_error);
        var first = new PosixSignalContext(PosixSignal.SIGINT);
        interruption.Handle(first);
        Assert.True(first.Cancel);
        Assert.True(interruption.Token.IsCancellationRequested);
        AssertOneLine("checkpoint");

        var second = new PosixSignalContext(PosixSignal.SIGINT);
        interruption.Handle(second);
        Assert.False(second.Cancel);
    }

    private async Task<int> RunAsync(Func<Task<int>> work, params string[] arguments)
    {
        var command = new Command("work") { new Option<int>("--count") };
        command.SetAction((_, _) => work());
        return await CommandRunner.RunAsync(new BlipRootCommand { command }, arguments.Length == 0 ? ["work"] : arguments, _output, _error);
    }

    private string AssertOneLine(string expected)
    {
        var line = Assert.Single(_error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(expected, line, StringComparison.Ordinal);
        return line;
    }
}
