namespace OrleansBlip.Cli.Report;

/// <summary>A name and what it stands at.</summary>
internal sealed record ReportFact(string Name, string Value);
