using System.Globalization;

namespace OrleansBlip.Chaos.Schedules;

/// <summary>Something bad that happens to a run once it has decided so many steps, and a moment later.</summary>
/// <param name="Step">Steps decided.</param>
/// <param name="Delay">The moment.</param>
internal abstract record ChaosEvent(long Step, TimeSpan Delay)
{
    /// <summary>For the schedule's line.</summary>
    public sealed override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}@{Step}");

    /// <summary>Node processes that it starts.</summary>
    public virtual int Starts => 0;

    /// <summary>What it is.</summary>
    protected abstract string Name { get; }

    /// <summary>kill -9 of one node.</summary>
    public sealed record Kill(long Step, TimeSpan Delay, NodeRole Role, Successor Successor) : ChaosEvent(Step, Delay)
    {
        public override int Starts => Successor == Successor.None ? 0 : 1;

        protected override string Name => $"kill-{Role}{(Successor == Successor.None ? "" : $"+{Successor}")}".ToLowerInvariant();
    }

    /// <summary>kill -9 of all nodes at once; so many new ones start.</summary>
    public sealed record KillAll(long Step, TimeSpan Delay, int Successors) : ChaosEvent(Step, Delay)
    {
        public override int Starts => Successors;

        protected override string Name => $"kill-all+{Successors}";
    }

    /// <summary>The database dies and comes back after a while.</summary>
    public sealed record KillDatabase(long Step, TimeSpan Delay, TimeSpan Away) : ChaosEvent(Step, Delay)
    {
        protected override string Name => $"kill-database-{Away.TotalSeconds:0.0}s";
    }

    /// <summary>The run is paused, comes to rest and is resumed.</summary>
    public sealed record Pause(long Step, TimeSpan Delay) : ChaosEvent(Step, Delay)
    {
        protected override string Name => "pause";
    }

    /// <summary>So many nodes join.</summary>
    public sealed record Join(long Step, TimeSpan Delay, int Count) : ChaosEvent(Step, Delay)
    {
        public override int Starts => Count;

        protected override string Name => $"join+{Count}";
    }

    /// <summary>Nodes leave on SIGTERM until so many are left.</summary>
    public sealed record Leave(long Step, TimeSpan Delay, int Left) : ChaosEvent(Step, Delay)
    {
        protected override string Name => $"leave-to-{Left}";
    }

    /// <summary>One node stands still (SIGSTOP) and goes on (SIGCONT).</summary>
    public sealed record Freeze(long Step, TimeSpan Delay, NodeRole Role, TimeSpan Duration) : ChaosEvent(Step, Delay)
    {
        protected override string Name => $"freeze-{Role}-{Duration.TotalSeconds:0.0}s".ToLowerInvariant();
    }

    /// <summary>One node gets a tenth of a processor for a while: it stands still for 90 ms of each 100.</summary>
    public sealed record Starve(long Step, TimeSpan Delay, NodeRole Role, TimeSpan Duration) : ChaosEvent(Step, Delay)
    {
        protected override string Name => $"starve-{Role}-{Duration.TotalSeconds:0.0}s".ToLowerInvariant();
    }

    /// <summary>For a while one packet in ten between nodes is lost, and the whole network carries 1 Mbit/s.</summary>
    public sealed record Degrade(long Step, TimeSpan Delay, TimeSpan Duration) : ChaosEvent(Step, Delay)
    {
        protected override string Name => string.Create(CultureInfo.InvariantCulture, $"loss-{Duration.TotalSeconds:0.0}s");
    }

    /// <summary>One node's packets to or from all others are lost for a while; the database it reaches, unless it does not either.</summary>
    public sealed record Partition(long Step, TimeSpan Delay, NodeRole Role, Direction Direction, TimeSpan Duration) : ChaosEvent(Step, Delay)
    {
        protected override string Name => $"partition-{Role}-{Direction}-{Duration.TotalSeconds:0.0}s".ToLowerInvariant();
    }
}
