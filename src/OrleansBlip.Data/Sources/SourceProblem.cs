namespace OrleansBlip.Data.Sources;

/// <summary>Something of a data set that is left out.</summary>
/// <param name="Name">The sample's key, the member or the file.</param>
/// <param name="Reason">Why.</param>
public sealed record SourceProblem(string Name, string Reason);
