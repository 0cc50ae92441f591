namespace OrleansBlip.Chaos.Mutants;

/// <summary>A change of one source file that tests must notice.</summary>
/// <param name="Name">What is broken.</param>
/// <param name="Project">The project under src.</param>
/// <param name="File">The file in it.</param>
/// <param name="Original">Text that stands in the file once.</param>
/// <param name="Mutated">What takes its place.</param>
/// <param name="Tests">The test project.</param>
/// <param name="Filter">Part of the full names of the tests, one of which must fail.</param>
internal sealed record Mutant(string Name, string Project, string File, string Original, string Mutated, string Tests, string Filter);
