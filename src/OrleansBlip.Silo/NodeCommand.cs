using System.CommandLine;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansBlip.Model.Devices;
using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Silo;

/// <summary>One node as a process of its own: starts, says where it is reached, and leaves in good order on SIGTERM or Ctrl-C.</summary>
internal sealed class NodeCommand
{
    /// <summary>How long the step under way, and a checkpoint where there are no backups, may keep a node that is to end. Well below what a terminated process gets.</summary>
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(30);

    /// <summary>How long a node waits for its database before it starts.</summary>
    private static readonly TimeSpan DatabasePatience = TimeSpan.FromSeconds(30);

    private readonly Option<string> _name = new("--name") { Description = "The node's name, unique in the cluster, without '/'.", HelpName = "NAME", DefaultValueFactory = _ => "node-1" };
    private readonly Option<string> _cluster = new("--cluster") { Description = "The cluster's name: silos of other clusters are not seen.", HelpName = "NAME", DefaultValueFactory = _ => "orleans-blip" };
    private readonly Option<IPAddress> _address = new("--address") { Description = "Where the node listens and others reach it; beyond 127.0.0.1 it takes --certificates.", HelpName = "IP", DefaultValueFactory = _ => IPAddress.Loopback, CustomParser = BoundedOptions.Address };
    private readonly Option<string?> _certificates = new("--certificates") { Description = "Folder of the node's certificates, as 'blip certs create' makes it; with it silos and clients speak by mutual TLS alone.", HelpName = "DIR" };
    private readonly Option<int> _siloPort = BoundedOptions.Number("--silo-port", "Port for other silos; 0 for any free one.", 0, 65535, 0);
    private readonly Option<int> _gatewayPort = BoundedOptions.Number("--gateway-port", "Port for clients; 0 for any free one.", 0, 65535, 0);
    private readonly Option<int> _blockPort = BoundedOptions.Number("--block-port", "Port for blocks of gradients and parameters; 0 for any free one.", 0, 65535, 0);
    private readonly Option<string?> _primary = new("--primary") { Description = "Where the cluster's first silo is reached; left out by the first itself, and with --database.", HelpName = "IP:PORT" };
    private readonly Option<string> _state = new("--state") { Description = "SQLite file of the grains' state, one for all nodes.", HelpName = "FILE", DefaultValueFactory = _ => "state.db" };
    private readonly Option<string?> _database = DatabaseOption.Create();
    private readonly Option<int> _probes = BoundedOptions.Number("--probe-timeout", "Seconds that another silo may take to answer; after three missed answers it is declared dead.", 1, 60, 2);
    private readonly Option<int> _threads = BoundedOptions.Number("--threads-per-device", "Cores and threads of a device; the weights' bits depend on it.", 1, 1024, 1);
    private readonly Option<DeviceChoice> _device = TorchDevices.Option();
    private readonly Option<int?> _devices = new("--devices") { Description = "Devices: all GPUs or as many as the cores allow by default, 0 to hold parameters and coordinate only.", HelpName = "N" };

    /// <summary>Runs the command line to its end.</summary>
    /// <returns>0 after a stop that was asked for, 1 after a failure, 2 for a wrong command line.</returns>
    public async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        _name.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.Contains('/', StringComparison.Ordinal))) result.AddError($"--name is '{result.Tokens[0].Value}'; leave out '/'.");
        });
        _primary.Validators.Add(result =>
        {
            if (!IPEndPoint.TryParse(result.Tokens[0].Value, out _)) result.AddError($"--primary is '{result.Tokens[0].Value}'; give an address and port such as 127.0.0.1:11111.");
        });
        BoundedOptions.Bound(_devices, 0, 1024);
        var root = new RootCommand("One node of an OrleansBlip cluster.") { _name, _cluster, _address, _certificates, _siloPort, _gatewayPort, _blockPort, _primary, _state, _database, _probes, _threads, _device, _devices };
        root.SetAction((parsed, cancellation) => ServeAsync(OptionsOf(parsed), output, error, cancellation));
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            await error.WriteLineAsync($"error: {parsed.Errors[0].Message} See '--help'.");
            return 2;
        }
        try
        {
            var configuration = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(1) };
            return await parsed.InvokeAsync(configuration, CancellationToken.None);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or DeviceException)
        {
            await error.WriteLineAsync($"error: {failure.Message}");
            return 1;
        }
    }

    private BlipSiloOptions OptionsOf(ParseResult parsed)
    {
        var threads = parsed.GetValue(_threads);
        return new BlipSiloOptions
        {
            Name = parsed.GetValue(_name)!,
            ClusterId = parsed.GetValue(_cluster)!,
            Address = parsed.GetValue(_address)!,
            Certificates = parsed.GetValue(_certificates),
            SiloPort = parsed.GetValue(_siloPort),
            GatewayPort = parsed.GetValue(_gatewayPort),
            BlockPort = parsed.GetValue(_blockPort),
            Primary = parsed.GetValue(_primary) is { } primary ? IPEndPoint.Parse(primary) : null,
            StateFile = parsed.GetValue(_state),
            Database = DatabaseOption.ConnectionOf(parsed.RootCommandResult, _database),
            ProbeTimeout = TimeSpan.FromSeconds(parsed.GetValue(_probes)),
            Devices = TorchDevices.Of(parsed.GetValue(_device), threads, count: parsed.GetValue(_devices)),
            ClaimDevice = _ => TorchThreads.Claim(threads),
        };
    }

    private static async Task<int> ServeAsync(BlipSiloOptions options, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        // It may have been started before its database, and one that restarts is back in seconds.
        if (options.Database is { } database) await PostgresStorage.AwaitAsync(database, DatabasePatience, error.WriteLineAsync, TimeProvider.System, cancellation);
        await using var silo = await BlipSilo.StartAsync(options, Configure, cancellation);
        await output.WriteLineAsync(new NodeAnnouncement(silo.Name, options.ClusterId, silo.Endpoint, silo.Gateway, silo.Blocks).ToString());
        await output.FlushAsync(CancellationToken.None);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (cancellation.Register(stopped.SetResult)) await stopped.Task;
        if (await silo.LeaveAsync(LeavePatience) is { Count: > 0 } runs)
            await error.WriteLineAsync($"{silo.Name} leaves after {LeavePatience.TotalSeconds:f0} s though run {string.Join(", ", runs)} counts on it; what it holds goes on at backups, or from the newest checkpoint.");
        return 0;

        static void Configure(IServiceCollection services) => services.AddTorch()
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
    }
}
