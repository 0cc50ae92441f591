using OrleansBlip.Data.Order;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Versions;
using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Grains.Bootstrapping;

/// <summary>
/// Says of each text of a round whether an arm keeps it. Texts come in the data set's order, each once. The blind arm draws as many web texts as the
/// filter keeps, each with the same chance.
/// </summary>
internal sealed class ArmChoice(BootstrapArm arm, double threshold, BootstrapCounts counts, long seed)
{
    private readonly KeyedRandom _random = new((ulong)seed, KeyedRandom.Word("arm"));
    private long _toDraw = counts.WebKept, _toCome = counts.WebKept + counts.WebRejected;

    /// <summary>Why the filter rejects a text; null where it keeps it.</summary>
    public static string? ReasonOfFilter(ScoredCaption text, double threshold) =>
        text.Text.Length == 0 ? "empty" : text.ItmProbability >= threshold ? null : "itm";

    /// <summary>The text with the arm's decision.</summary>
    public ScoredCaption Decide(ScoredCaption text) => text with { RejectReason = Reason(text) };

    private string? Reason(ScoredCaption text) => arm switch
    {
        BootstrapArm.Both => ReasonOfFilter(text, threshold),
        BootstrapArm.Captioner => text.Text.Length == 0 ? "empty" : null,
        _ when text.Source == CaptionSource.Synthetic => "arm",
        BootstrapArm.Filter => ReasonOfFilter(text, threshold),
        BootstrapArm.Random => Draw() ? null : "arm",
        _ => throw new InvalidOperationException($"There is no arm {arm}."),
    };

    // Of n texts to come k are to be drawn: the next one with probability k/n.
    private bool Draw()
    {
        var isDrawn = _random.NextDouble() * _toCome-- < _toDraw;
        if (isDrawn) _toDraw--;
        return isDrawn;
    }
}
