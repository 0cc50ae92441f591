namespace OrleansBlip.Cli.Results;

/// <summary>The filter against the truth, 0 to 1.</summary>
/// <param name="Precision">Share of true texts among the kept web texts.</param>
/// <param name="Recall">Share of the true web texts that were kept.</param>
/// <param name="AucWeb">Area under the ROC curve on web texts; null when they are all true or all untrue.</param>
/// <param name="AucSynthetic">The same on the captioner's texts.</param>
internal sealed record FilterResult(double Precision, double Recall, double? AucWeb, double? AucSynthetic);
