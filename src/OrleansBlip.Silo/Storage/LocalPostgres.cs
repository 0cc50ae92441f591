using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace OrleansBlip.Silo.Storage;

/// <summary>A PostgreSQL server of our own on this machine, in a temporary folder, that ends with whoever started it.</summary>
public sealed class LocalPostgres : IAsyncDisposable
{
    private const string User = "blip";

    /// <summary>The account that Debian's package makes; the server's programs refuse to run as root.</summary>
    private const string Account = "postgres";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private readonly int _port;
    private Process _server;

    private LocalPostgres(string folder, int port, Process server) => (_folder, _port, _server) = (folder, port, server);

    /// <summary>Why none can be started here; null where one can.</summary>
    public static string? MissingReason => Programs is null ? "PostgreSQL's programs (initdb, postgres) are not installed" : null;

    /// <summary>How to reach it.</summary>
    public string Connection => new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = _port, Username = User, Database = "postgres" }.ToString();

    /// <summary>Where Debian, and others, put the programs: not on the PATH, since several versions may stand side by side.</summary>
    private static string? Programs
    {
        get
        {
            string[] versions = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];
            var folders = versions.OrderByDescending(path => int.TryParse(Path.GetFileName(path), out int version) ? version : 0).Select(path => Path.Combine(path, "bin"))
                .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'));
            return folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
        }
    }

    /// <summary>Starts a server with an empty database, reachable from this machine alone.</summary>
    /// <exception cref="IOException">Its programs are missing or fail; the message has what they say.</exception>
    public static async Task<LocalPostgres> StartAsync(CancellationToken cancellationToken = default)
    {
        if (MissingReason is { } reason) throw new IOException($"{reason}: install them (on Debian: apt-get install postgresql).");
        string folder = Directory.CreateTempSubdirectory("blip-postgres-").FullName;
        try
        {
            if (Environment.IsPrivilegedProcess) await RunAsync("chown", [Account, folder], cancellationToken);
            await RunAsProgramAsync("initdb", ["-D", Path.Combine(folder, "data"), "-U", User, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"], cancellationToken);
            int port = FreePort();
            var server = new LocalPostgres(folder, port, Launch(folder, port));
            await server.UntilReadyAsync(cancellationToken);
            return server;
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>Ends the server like a fault: at once, without a word to anybody.</summary>
    public async Task KillAsync()
    {
        _server.Kill(entireProcessTree: true);
        await _server.WaitForExitAsync();
    }

    /// <summary>Starts it again, with what it held.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken = default)
    {
        _server.Dispose();
        _server = Launch(_folder, _port);
        // This process's connections were to the server that is no more.
        NpgsqlConnection.ClearAllPools();
        await UntilReadyAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Its clients are gone or going: nobody waits for them.
        if (!_server.HasExited)
        {
            await RunAsync("kill", ["-INT", $"{_server.Id}"], default);
            await _server.WaitForExitAsync();
        }
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static Process Launch(string folder, int port) => Process.Start(Start(
        "postgres",
        ["-D", Path.Combine(folder, "data"), "-k", folder, "-p", $"{port}", "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200", "-c", "log_min_messages=fatal", "-c", "logging_collector=on", "-c", $"log_directory={folder}"]))!;

    private async Task UntilReadyAsync(CancellationToken cancellationToken)
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        for (long start = Stopwatch.GetTimestamp(); ;)
        {
            if (_server.HasExited) throw new IOException($"PostgreSQL ended with exit code {_server.ExitCode}.");
            try
            {
                // A new one, which stays in no pool.
                await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Connection) { Pooling = false }.ToString());
                await connection.OpenAsync(cancellationToken);
                return;
            }
            catch (NpgsqlException) when (Stopwatch.GetElapsedTime(start) < Patience)
            {
                await look.WaitForNextTickAsync(cancellationToken);
            }
        }
    }

    private static ProcessStartInfo Start(string program, string[] arguments)
    {
        string path = Path.Combine(Programs!, program);
        return Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("setpriv", [$"--reuid={Account}", $"--regid={Account}", "--clear-groups", "--", path, .. arguments]) { WorkingDirectory = "/" }
            : new ProcessStartInfo(path, arguments);
    }

    private static Task RunAsProgramAsync(string program, string[] arguments, CancellationToken cancellationToken) => RunAsync(Start(program, arguments), cancellationToken);

    private static Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken) => RunAsync(new ProcessStartInfo(program, arguments), cancellationToken);

    private static async Task RunAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
        await process.WaitForExitAsync(cancellationToken);
        string said = await output + await error;
        if (process.ExitCode != 0) throw new IOException($"'{start.FileName} {string.Join(' ', start.ArgumentList)}' ended with exit code {process.ExitCode}: {said.ReplaceLineEndings(" ")}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
