using System.Collections.Immutable;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>
/// Watches for the known way in which BLIP's pre-training fails silently: ITM's loss sits at the entropy of its prior, one matched pair to two mismatched
/// ones, and nothing is learned (reference: salesforce/BLIP issues 51 and 200).
/// </summary>
internal sealed class CollapseAlarm
{
    /// <summary>−⅓ ln ⅓ − ⅔ ln ⅔.</summary>
    public const double PriorEntropy = 0.6365141682948128;

    /// <summary>Steps that the mean is taken over.</summary>
    public const int WindowSteps = 500;

    /// <summary>How near the mean must be.</summary>
    public const double Tolerance = 0.004;

    /// <summary>A step farther off begins the window anew.</summary>
    public const double StepTolerance = 0.1;

    private readonly Queue<double> _window = new();
    private double _sum;

    /// <summary>What is wrong, in the same words for as long as it lasts; null when nothing is. Small models pass through this on their way.</summary>
    public string? Text => _window.Count == WindowSteps && Math.Abs(_sum / WindowSteps - PriorEntropy) < Tolerance
        ? $"ITM has collapsed: over the last {WindowSteps} steps its loss is about {PriorEntropy:f3}, as if it guessed among one matched pair and two mismatched ones. Should it stay there, lower the learning rate or warm up longer."
        : null;

    /// <summary>Notes a step's losses, means over its slots.</summary>
    public void Note(ImmutableArray<SlotLoss> losses)
    {
        foreach (var loss in losses.Where(loss => loss.Name == "itm" && double.IsFinite(loss.Value)))
        {
            if (Math.Abs(loss.Value - PriorEntropy) > StepTolerance)
            {
                _window.Clear();
                _sum = 0;
                continue;
            }
            _window.Enqueue(loss.Value);
            _sum += loss.Value;
            if (_window.Count > WindowSteps) _sum -= _window.Dequeue();
        }
    }
}
