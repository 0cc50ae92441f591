namespace OrleansBlip.Cli.Results;

/// <summary>What the doctor found of one thing.</summary>
/// <param name="What">The thing.</param>
/// <param name="IsFine">Whether it works; null where one can do without it.</param>
/// <param name="Finding">What it is, or what is wrong and what to do.</param>
internal sealed record DoctorFinding(string What, bool? IsFine, string Finding);
