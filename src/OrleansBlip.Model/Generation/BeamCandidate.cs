namespace OrleansBlip.Model.Generation;

/// <summary>A possible next token of one beam.</summary>
/// <param name="Score">Sum of the beam's log-probabilities, this token's included.</param>
/// <param name="Beam">The beam within its group.</param>
/// <param name="Token">The token.</param>
internal readonly record struct BeamCandidate(double Score, int Beam, long Token);
