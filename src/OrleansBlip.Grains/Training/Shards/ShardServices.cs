using Microsoft.Extensions.Logging;
using OrleansBlip.Grains.Training.Slots;

namespace OrleansBlip.Grains.Training.Shards;

/// <summary>What the node gives to each shard.</summary>
internal sealed record ShardServices(
    ISlotComputerFactory Factory, InitialDraws Initial, Delivery Delivery, TrainingInstruments Instruments, TimeProvider Time, ILogger<HostedShard> Logger);
