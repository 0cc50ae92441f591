using Microsoft.Data.Sqlite;
using OrleansBlip.Client;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>While a cluster comes up, several activations of a coordinator may live side by side. The storage knows whose run it is.</summary>
public sealed class CoordinatorTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RunFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Coordinator_WhoseRecordAnotherHasWritten_GivesWayThoughItHasNothingToWrite()
    {
        var spec = RunFixture.Spec(steps: 4);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1, devices: 1, durable: true);
        await using var client = new BlipClient(cluster.Client);
        var run = client.Run(new RunId("run"));
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var release = new ManualResetEventSlim();
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot.Step != 2) return;
            reached.TrySetResult();
            release.Wait();
        };
        try
        {
            await run.Start(_fixture.Request(spec));
            await reached.Task.WaitAsync(Patience);
            var before = await run.Status();
            await WriteAsAnotherAsync();
            await UntilAsync(async () => (await run.Status()).View > before.View);
        }
        finally
        {
            release.Set();
        }
        _fixture.AssertCompleted(expected, await _fixture.RestAsync(cluster, "run"));
        Assert.Contains(_fixture.Log.Lines, line => line.Contains("The coordinator of run run gives way.", StringComparison.Ordinal));
    }

    private async Task WriteAsAnotherAsync()
    {
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _fixture.StateFile, Pooling = false }.ToString());
        await connection.OpenAsync();
        await using var write = connection.CreateCommand();
        write.CommandText = "UPDATE OrleansStorage SET Version = Version + 1 WHERE GrainTypeString = 'run'";
        Assert.Equal(1, await write.ExecuteNonQueryAsync());
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await isSo()) await look.WaitForNextTickAsync(patience.Token);
    }
}
