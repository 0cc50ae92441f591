using Microsoft.Extensions.Logging;
using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training.Slots;

namespace OrleansBlip.Grains.Training.Trainers;

/// <summary>What the node gives to each trainer.</summary>
internal sealed record TrainerServices(
    ISlotComputerFactory Factory, DevicePool Devices, IGrainFactory Grains, ShardLinks Links, Delivery Delivery, TrainingInstruments Instruments, TimeProvider Time, ILogger<HostedTrainer> Logger);
