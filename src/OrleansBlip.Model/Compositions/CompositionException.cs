namespace OrleansBlip.Model.Compositions;

/// <summary>A composition that cannot work, told by the names of its parts.</summary>
public sealed class CompositionException(string message) : Exception(message);
