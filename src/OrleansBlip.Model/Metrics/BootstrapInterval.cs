namespace OrleansBlip.Model.Metrics;

/// <summary>A mean and the interval that holds its 95% of resampled means.</summary>
/// <param name="Mean">The mean of the sample itself.</param>
/// <param name="Lower">2.5% of the resampled means lie below.</param>
/// <param name="Upper">2.5% of the resampled means lie above.</param>
public readonly record struct BootstrapInterval(double Mean, double Lower, double Upper);
