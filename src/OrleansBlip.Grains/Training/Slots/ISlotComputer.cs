using System.Collections.Immutable;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>Computes the gradients of slots on one device. It is called on the device's own thread only, disposal included.</summary>
public interface ISlotComputer : IDisposable
{
    /// <summary>
    /// Shows what the device computes with by one slot that stays the same whenever the device joins. Called before versions are loaded.
    /// </summary>
    /// <param name="room">As long as a gradient; overwritten.</param>
    NumericProfile Prove(float[] room);

    /// <summary>Takes the run's amendments: samples of slots in quarantine are replaced from here on. <see cref="Prove"/> does not heed them.</summary>
    void Amend(ImmutableArray<Amendment> amendments);

    /// <summary>Takes over the weights, momentum copies and feature queue of a version, of which some may still be on the way. Blocks must be copied, not kept.</summary>
    /// <exception cref="ParametersLostException">The rest will not come.</exception>
    void Load(ParameterVersion version);

    /// <summary>
    /// A hint that a slot will probably be asked for next: whatever does not depend on the weights can be made ready while others are waited for. It
    /// changes no result, and what goes wrong is for <see cref="Compute"/> to report.
    /// </summary>
    void Prepare(StepNumber step, int slot);

    /// <summary>Computes one slot with the version loaded last.</summary>
    /// <param name="step">The step.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="gradient">Receives the gradient of the slot's mean loss in the flat parameter order; overwritten whole.</param>
    /// <param name="completed">Told the start and the length of ranges of the gradient that change no more, as soon as that is known; what it is not told of is complete in the end.</param>
    /// <exception cref="ParametersLostException">The rest of the version will not come.</exception>
    /// <returns>What the slot tells beside its gradient, whose arrays belong to the caller from then on; null when a later version has taken the place of that one.</returns>
    SlotResult? Compute(StepNumber step, int slot, float[] gradient, Action<long, long>? completed = null);
}
