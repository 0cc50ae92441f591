namespace OrleansBlip.Cli.Results;

/// <summary>Shares of untrue texts, 0 to 1, by the checker.</summary>
/// <param name="Web">Of the web texts.</param>
/// <param name="KeptWeb">Of the web texts that the filter kept.</param>
/// <param name="Synthetic">Of the captioner's texts.</param>
/// <param name="KeptSynthetic">Of the captioner's texts that the filter kept.</param>
/// <param name="Kept">Of all that was kept.</param>
internal sealed record NoiseResult(double Web, double KeptWeb, double Synthetic, double KeptSynthetic, double Kept);
