using System.Net;
using System.Net.Sockets;
using Npgsql;
using OrleansBlip.Client;
using OrleansBlip.Grains.Faults;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Silo.Storage;
using OrleansBlip.Silo.Tests.Storage;

namespace OrleansBlip.Silo.Tests;

public sealed class NodeCommandTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Nodes_TwoProcesses_FormOneClusterAndLeaveOnSigterm()
    {
        var folder = Directory.CreateTempSubdirectory("node");
        try
        {
            var state = Path.Combine(folder.FullName, "state.db");
            using var first = NodeProcess.Start("--name", "node-1", "--cluster", "two", "--state", state);
            var (silo, gateway) = await NodeProcess.ReachedAtAsync(first);
            using var second = NodeProcess.Start("--name", "node-2", "--cluster", "two", "--state", state, "--primary", silo, "--devices", "3");
            await NodeProcess.ReachedAtAsync(second);

            await using (var client = await BlipClient.ConnectAsync(IPEndPoint.Parse(gateway).Port, "two").WaitAsync(Patience))
            {
                var node = await client.Cluster.GetGrain<INode>("node-2").Describe().WaitAsync(Patience);
                Assert.Equal((new NodeName("node-2"), 3), (node.Name, node.DeviceCount));
            }

            Assert.Equal(0, await NodeProcess.TerminateAsync(second));
            Assert.Equal(0, await NodeProcess.TerminateAsync(first));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("--nmae", "--nmae", "x")]
    [InlineData("leave out '/'", "--name", "a/b")]
    [InlineData("such as 127.0.0.1:11111", "--primary", "nonsense:x")]
    [InlineData("such as 10.0.0.5", "--address", "here")]
    [InlineData("--devices is -1", "--devices", "-1")]
    [InlineData("--silo-port is 65536", "--silo-port", "65536")]
    public async Task Run_WrongCommandLine_ExitsWith2AndNamesIt(string named, params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        Assert.Equal(2, await new NodeCommand().RunAsync(arguments, output, error));
        Assert.Contains(named, error.ToString(), StringComparison.Ordinal);
        Assert.Single(error.ToString().TrimEnd('\n').Split('\n'));
        Assert.Empty(output.ToString());
    }

    [Theory]
    [InlineData("give certificates too", "--address", "10.0.0.5")]
    [InlineData("ca.crt' is missing: a folder of certificates holds ca.crt, tls.crt and tls.key", "--certificates", "nowhere")]
    public async Task Run_UnsafeOrWithoutItsFiles_ExitsWith1AndOneLine(string expected, params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        Assert.Equal(1, await new NodeCommand().RunAsync(arguments, output, error));
        Assert.Contains(expected, error.ToString(), StringComparison.Ordinal);
        Assert.Single(error.ToString().TrimEnd('\n').Split('\n'));
        Assert.Empty(output.ToString());
    }

    [Fact]
    public async Task Help_WithADatabaseInTheEnvironment_DoesNotTellItsPassword()
    {
        using var node = NodeProcess.StartIn(new() { ["ORLEANSBLIP_DATABASE"] = "Host=x;Password=planted" }, "--help");
        var help = await node.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        Assert.Contains("--database", help, StringComparison.Ordinal);
        Assert.DoesNotContain("planted", help, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WithFailpointsOutsideATest_ExitsWith1AndSaysWhatToUnset()
    {
        var folder = Directory.CreateTempSubdirectory("node");
        using var node = NodeProcess.StartIn(
            new() { [Failpoints.Variable] = $"{Failpoint.SealBefore}=kill@1", [Failpoints.TestVariable] = "" }, "--devices", "0", "--state", Path.Combine(folder.FullName, "state.db"));
        try
        {
            // It would announce itself if it ran.
            Assert.Null(await node.StandardOutput.ReadLineAsync().WaitAsync(Patience));
            await node.WaitForExitAsync().WaitAsync(Patience);
            Assert.Equal(1, node.ExitCode);
            Assert.Matches($"^error: {Failpoints.Variable} is set, .*Unset it; .*{Failpoints.TestVariable}=1.*\n$", await node.StandardError.ReadToEndAsync());
        }
        finally
        {
            if (!node.HasExited) node.Kill();
            await node.WaitForExitAsync();
            folder.Delete(recursive: true);
        }
    }

    [PostgresFact]
    public async Task Run_WhileTheDatabaseIsAway_WaitsForItAndSaysSo()
    {
        await using var database = await LocalPostgres.StartAsync();
        await PostgresStorage.MigrateAsync(database.Connection, default);
        await database.KillAsync();
        using var node = NodeProcess.StartIn(new() { [PostgresStorage.Variable] = database.Connection }, "--devices", "0");
        Assert.Matches("^The database cannot be used: .*It is waited for, up to [0-9]+ s\\.$", await node.StandardError.ReadLineAsync().WaitAsync(Patience));
        await database.RestartAsync();
        await NodeProcess.ReachedAtAsync(node);
        Assert.Equal(0, await NodeProcess.TerminateAsync(node));
    }

    [PostgresFact]
    public async Task Run_WhoseDatabaseFailsWhileItStarts_ExitsWith1AndSaysSo()
    {
        await using var database = await LocalPostgres.StartAsync();
        await PostgresStorage.MigrateAsync(database.Connection, default);
        await using (var owner = new NpgsqlConnection(database.Connection))
        {
            await owner.OpenAsync();
            // It may see that the tables are there, and not what is in them.
            await using var stranger = new NpgsqlCommand("CREATE ROLE stranger LOGIN PASSWORD 'x'; GRANT SELECT ON OrleansBlipSchema TO stranger", owner);
            await stranger.ExecuteNonQueryAsync();
        }
        var connection = new NpgsqlConnectionStringBuilder(database.Connection) { Username = "stranger", Password = "x" }.ToString();
        using var node = NodeProcess.StartIn(new() { [PostgresStorage.Variable] = connection }, "--devices", "0");
        var error = await node.StandardError.ReadToEndAsync().WaitAsync(Patience);
        await node.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal(1, node.ExitCode);
        Assert.Matches("\nerror: The database failed while the node started, which has to be started again: .*permission denied", "\n" + error);
    }

    [Fact]
    public async Task Run_PortInUse_ExitsWith1AndNamesIt()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var folder = Directory.CreateTempSubdirectory("node");
        try
        {
            using var node = NodeProcess.Start("--silo-port", $"{port}", "--state", Path.Combine(folder.FullName, "state.db"));
            await node.WaitForExitAsync().WaitAsync(Patience);
            Assert.Equal(1, node.ExitCode);
            Assert.Matches($"^error: .*cannot listen at port {port}.*\n$", await node.StandardError.ReadToEndAsync());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
