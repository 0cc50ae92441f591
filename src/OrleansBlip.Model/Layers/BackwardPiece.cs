using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Layers;

/// <summary>A part of the backward pass that a module has cut off the rest, to be run after it.</summary>
/// <param name="Run">Goes on where the rest has ended.</param>
/// <param name="Parameters">Those whose gradients are complete only once it has run.</param>
public sealed record BackwardPiece(Action Run, IReadOnlyCollection<ModelParameter> Parameters);
