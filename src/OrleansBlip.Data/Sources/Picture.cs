namespace OrleansBlip.Data.Sources;

/// <summary>A picture's texts and identity, without its pixels.</summary>
/// <param name="Key">Names it within its data set.</param>
/// <param name="ImageId">A stable, non-negative number of what is seen: pairs of equal id are never each other's negatives in retrieval.</param>
/// <param name="Captions">Its captions; there may be none.</param>
public sealed record Picture(string Key, long ImageId, IReadOnlyList<Caption> Captions);
