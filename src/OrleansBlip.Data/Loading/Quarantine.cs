namespace OrleansBlip.Data.Loading;

/// <summary>
/// Pictures that a run does without from some step on: those of slots that kept killing the devices that computed them. Which picture of a slot did it nobody knows, so all of
/// them go, and do not come back in later epochs. Thread-safe.
/// </summary>
public sealed class Quarantine
{
    private readonly IReadOnlyDictionary<SlotPlace, HashSet<int>> _pictures;

    internal Quarantine(IReadOnlyDictionary<SlotPlace, HashSet<int>> pictures) => _pictures = pictures;

    /// <summary>No picture.</summary>
    public static Quarantine None { get; } = new(new Dictionary<SlotPlace, HashSet<int>>());

    /// <summary>Whether the slot itself is in quarantine.</summary>
    internal bool Holds(SlotPlace place) => _pictures.ContainsKey(place);

    /// <summary>Whether a picture must not stand in a slot. In other slots of the same step it may, for they may have been computed before.</summary>
    internal bool Excludes(int picture, SlotPlace place)
    {
        foreach (var (slot, pictures) in _pictures)
            if ((slot.Step < place.Step || slot == place) && pictures.Contains(picture))
                return true;
        return false;
    }
}
