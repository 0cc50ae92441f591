using System.Security.Cryptography;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>Gives tickets out and takes each back once. Whoever has one could make a grain call, and so is of the cluster. Thread-safe.</summary>
internal sealed class TicketDesk(TimeProvider time)
{
    /// <summary>Who does not come within this time asks again.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    /// <summary>Tickets out at once; beyond them the oldest is no good any more.</summary>
    private const int OutMax = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Admission> _out = [];
    private readonly Queue<(Guid Ticket, long Since)> _order = new();

    /// <summary>A new ticket.</summary>
    public Guid Issue(Admission admission)
    {
        var ticket = new Guid(RandomNumberGenerator.GetBytes(16));
        lock (_lock)
        {
            while (_order.TryPeek(out var oldest) && (_order.Count >= OutMax || time.GetElapsedTime(oldest.Since) > Life)) _out.Remove(_order.Dequeue().Ticket);
            _out.Add(ticket, admission);
            _order.Enqueue((ticket, time.GetTimestamp()));
        }
        return ticket;
    }

    /// <summary>Takes a ticket back; null where it was never given out, was used or is too old.</summary>
    public Admission? Redeem(Guid ticket)
    {
        lock (_lock)
        {
            while (_order.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Since) > Life) _out.Remove(_order.Dequeue().Ticket);
            return _out.Remove(ticket, out var admission) ? admission : null;
        }
    }

    /// <summary>What a ticket admits to.</summary>
    internal sealed record Admission(RunId Run, ShardIndex Shard, int HeaderBytesMax, long BodyBytesMax);
}
