using System.IO.Hashing;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;

namespace OrleansBlip.Silo.Membership;

/// <summary>
/// Silos that start together join one after the other. Two that write the membership at once collide, and Orleans lets the one that lost wait for up to four seconds, and for longer
/// each time that it loses again. The turn is a lock of the database, which frees it when its holder dies. It is waited for no longer than <see cref="Patience"/>, since its holder
/// may hang: then a silo joins out of turn, which costs nothing but time.
/// </summary>
internal sealed partial class JoiningInTurn(string connection, IOptions<ClusterOptions> cluster, ILogger<JoiningInTurn> logger) : ILifecycleParticipant<ISiloLifecycle>, IAsyncDisposable
{
    /// <summary>The stage at which a silo has its turn, has read the membership and has not asked yet whether it reaches the others, which Orleans does before it joins.</summary>
    public const int BeforeJoining = ServiceLifecycleStage.AfterRuntimeGrainServices - 1;

    /// <summary>How long a silo waits for its turn.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private NpgsqlConnection? _turn;

    /// <summary>From before a silo says that it is joining until it is active.</summary>
    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe(nameof(JoiningInTurn), BeforeJoining - 1, TakeAsync);
        lifecycle.Subscribe(nameof(JoiningInTurn), ServiceLifecycleStage.Active, _ => DisposeAsync().AsTask());
    }

    /// <summary>The advisory lock of a cluster.</summary>
    public static long KeyOf(string clusterId) => unchecked((long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes($"blip.joining/{clusterId}")));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _turn, null) is not { } turn) return;
        try
        {
            await turn.DisposeAsync();
        }
        catch (NpgsqlException problem)
        {
            // With its connection the lock has gone, and others may have joined meanwhile.
            LogOutOfTurn(logger, problem.Message);
        }
    }

    private async Task TakeAsync(CancellationToken cancellationToken)
    {
        // A transaction's lock, not a session's: a pool of connections in between would keep the latter.
        var turn = _turn = new NpgsqlConnection(connection);
        try
        {
            await turn.OpenAsync(cancellationToken);
            await turn.BeginTransactionAsync(cancellationToken);
            await using var take = new NpgsqlCommand($"SET LOCAL lock_timeout = {(int)Patience.TotalMilliseconds}; SELECT pg_advisory_xact_lock({KeyOf(cluster.Value.ClusterId)})", turn);
            await take.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (NpgsqlException problem)
        {
            await DisposeAsync();
            LogOutOfTurn(logger, problem.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "This silo joins out of turn: {Problem}")]
    private static partial void LogOutOfTurn(ILogger logger, string problem);
}
