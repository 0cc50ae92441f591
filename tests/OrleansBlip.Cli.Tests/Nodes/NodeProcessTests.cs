using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Nodes;
using OrleansBlip.Silo.Processes;

namespace OrleansBlip.Cli.Tests.Nodes;

/// <summary>Supervision of a process, with the shell in a node's place.</summary>
public sealed class NodeProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly FakeTimeProvider _clock = new();
    private readonly Channel<string> _told = Channel.CreateUnbounded<string>();
    private readonly Channel<OwnedProcess> _started = Channel.CreateUnbounded<OwnedProcess>();

    [Fact]
    public async Task Node_ThatDies_IsStartedAgainAfterPausesThatGrow()
    {
        await using var node = Start("echo up; exec sleep 1000");
        await node.Ready.WaitAsync(Patience);
        foreach (int pause in new[] { 1, 2, 4 })
        {
            var process = await NextAsync(_started);
            process.Kill();
            Assert.Equal($"node: process {process.Id} was ended by signal 9; it is started again in {pause} s", await NextAsync(_told));
            Assert.Equal((NodeState.Waiting, null), (node.State, node.ProcessId));
            // The pause may begin a moment after it was told of.
            using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            while (!_started.Reader.TryPeek(out _))
            {
                _clock.Advance(TimeSpan.FromSeconds(pause));
                await look.WaitForNextTickAsync();
            }
        }
    }

    [Fact]
    public async Task Node_ThatNeverRuns_SaysWhy()
    {
        await using var node = Start("echo 'error: no such database' >&2; exit 1");
        var failure = await Assert.ThrowsAsync<CommandException>(() => node.Ready.WaitAsync(Patience));
        Assert.Matches("^node does not start: process [0-9]+ ended with exit code 1 \\(no such database\\)$", failure.Message);
        Assert.False(_told.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Dispose_OfARunningNode_AsksItToEnd()
    {
        var node = Start("trap 'echo left; exit 0' TERM; echo up; while :; do sleep 0.1; done");
        await node.Ready.WaitAsync(Patience);
        var process = await NextAsync(_started);
        await node.DisposeAsync();
        Assert.Equal(0, await process.Ended);
        Assert.Equal(NodeState.Stopped, node.State);
        Assert.False(_told.Reader.TryRead(out _));
    }

    private NodeProcess Start(string script) => new("node", async output =>
    {
        var process = await OwnedProcess.StartAsync("sh", ["-c", script], output);
        _started.Writer.TryWrite(process);
        return process;
    }, line => _told.Writer.TryWrite(line), _clock);

    private static async Task<T> NextAsync<T>(Channel<T> channel) => await channel.Reader.ReadAsync().AsTask().WaitAsync(Patience);
}
