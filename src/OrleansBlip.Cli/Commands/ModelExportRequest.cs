namespace OrleansBlip.Cli.Commands;

/// <summary>What <c>model export</c> was asked to do.</summary>
/// <param name="Model">The model folder.</param>
/// <param name="Out">The folder to write.</param>
/// <param name="Family">What to write; null for the model's own family.</param>
internal sealed record ModelExportRequest(string Model, string Out, string? Family);
