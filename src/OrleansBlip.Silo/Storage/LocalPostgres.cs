using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;
using OrleansBlip.Silo.Processes;

namespace OrleansBlip.Silo.Storage;

/// <summary>
/// A PostgreSQL server of one's own on this machine: in a temporary folder, at a free port of the loopback interface, with a password that nobody else knows. What it acknowledges
/// is on the disk. It ends with the process that started it, whose temporary folder the next one removes if nobody else could.
/// </summary>
public sealed class LocalPostgres : IAsyncDisposable
{
    private const string User = "blip", Prefix = "blip-postgres-", LockName = "owner.lock";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder, _password;
    private readonly int _port;
    private readonly FileStream _lock;
    private OwnedProcess? _server;

    private LocalPostgres(string folder, FileStream guard) =>
        (_folder, _lock, _port, _password) = (folder, guard, FreePort(), Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));

    /// <summary>Why none can be started here; null where one can.</summary>
    public static string? MissingReason =>
        Programs is null ? "PostgreSQL's programs (initdb, postgres) are not installed: install them (on Debian: apt-get install postgresql)"
        : Environment.IsPrivilegedProcess && Account is null ? "PostgreSQL refuses to run as root, and there is no account 'postgres' or 'nobody' to run it as"
        : null;

    /// <summary>How to reach it, its password included.</summary>
    public string Connection => new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = _port, Username = User, Password = _password, Database = "postgres" }.ToString();

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

    /// <summary>An account that may do nothing else, and its group; null where there is none.</summary>
    private static (string Name, string Group)? Account
    {
        get
        {
            var accounts = File.ReadLines("/etc/passwd").Select(line => line.Split(':')).Where(fields => fields.Length > 3).ToLookup(fields => fields[0], fields => fields[3]);
            return new[] { "postgres", "nobody" }.SelectMany(name => accounts[name].Select(group => ((string, string)?)(name, group))).FirstOrDefault();
        }
    }

    /// <summary>What setpriv is told: the server's programs refuse to run as root.</summary>
    private static string[]? Privileges =>
        Environment.IsPrivilegedProcess && Account is var (name, group) ? [$"--reuid={name}", $"--regid={group}", "--clear-groups"] : null;

    /// <summary>Starts a server with an empty database.</summary>
    /// <exception cref="IOException">Its programs are missing or fail; the message has what they say.</exception>
    public static async Task<LocalPostgres> StartAsync(CancellationToken cancellationToken = default)
    {
        if (MissingReason is { } reason) throw new IOException($"{reason}.");
        RemoveOrphans();
        string folder = Directory.CreateTempSubdirectory(Prefix).FullName;
        var server = new LocalPostgres(folder, new FileStream(Path.Combine(folder, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None));
        try
        {
            await server.CreateAsync(cancellationToken);
            await server.LaunchAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the server like a fault: at once, without a word to anybody.</summary>
    public async Task KillAsync()
    {
        _server!.Kill();
        await _server.Ended;
    }

    /// <summary>Starts it again after <see cref="KillAsync"/>, with what it held.</summary>
    /// <exception cref="IOException">It does not start.</exception>
    public async Task RestartAsync(CancellationToken cancellationToken = default)
    {
        _server!.Dispose();
        // This process's connections were to the server that is no more.
        NpgsqlConnection.ClearAllPools();
        await LaunchAsync(cancellationToken);
    }

    /// <summary>Stops the server and removes all that it held.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            // Its clients are gone or going: nobody waits for them.
            _server.Interrupt();
            await _server.Ended;
            _server.Dispose();
        }
        Directory.Delete(_folder, recursive: true);
        await _lock.DisposeAsync();
    }

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        string secret = Path.Combine(_folder, "password");
        // The folder is its owner's alone.
        File.WriteAllText(secret, _password);
        if (Privileges is not null) await RunAsync("chown", [Account!.Value.Name, _folder, secret], privileges: null, cancellationToken);
        string[] arguments = ["-D", Path.Combine(_folder, "data"), "-U", User, "-A", "scram-sha-256", $"--pwfile={secret}", "-E", "UTF8", "--locale=C"];
        await RunAsync(Path.Combine(Programs!, "initdb"), arguments, Privileges, cancellationToken);
    }

    private async Task LaunchAsync(CancellationToken cancellationToken)
    {
        string[] settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200", "log_min_messages=fatal"];
        string[] arguments = ["-D", Path.Combine(_folder, "data"), "-p", $"{_port}", .. settings.SelectMany(setting => new[] { "-c", setting })];
        _server = await OwnedProcess.StartAsync(Path.Combine(Programs!, "postgres"), arguments, privileges: Privileges, deathSignal: "INT");
        // A new connection each time, which stays in no pool.
        string connection = new NpgsqlConnectionStringBuilder(Connection) { Pooling = false }.ToString();
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        for (long start = Stopwatch.GetTimestamp(); ;)
        {
            if (_server.Ended.IsCompleted) throw new IOException($"PostgreSQL ended with exit code {await _server.Ended}: {string.Join(' ', _server.Complaints)}");
            try
            {
                await using var database = new NpgsqlConnection(connection);
                await database.OpenAsync(cancellationToken);
                return;
            }
            catch (NpgsqlException) when (Stopwatch.GetElapsedTime(start) < Patience)
            {
                await look.WaitForNextTickAsync(cancellationToken);
            }
        }
    }

    private static async Task RunAsync(string program, string[] arguments, string[]? privileges, CancellationToken cancellationToken)
    {
        using var process = await OwnedProcess.StartAsync(program, arguments, privileges: privileges);
        int exitCode = await process.Ended.WaitAsync(cancellationToken);
        if (exitCode != 0) throw new IOException($"'{program} {string.Join(' ', arguments)}' ended with exit code {exitCode}: {string.Join(' ', process.Complaints)}");
    }

    /// <summary>Removes the folders of processes that were killed: whoever lives holds its lock.</summary>
    private static void RemoveOrphans()
    {
        foreach (string folder in Directory.EnumerateDirectories(Path.GetTempPath(), $"{Prefix}*"))
        {
            try
            {
                using var unowned = new FileStream(Path.Combine(folder, LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It is somebody's, or its server is about to end: the next one comes by again.
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
