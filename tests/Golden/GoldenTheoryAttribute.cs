namespace OrleansBlip.Golden;

/// <summary>A theory that needs golden cases ("j-tokenizer") or files ("j-tokenizer/vocab.txt"): skipped with their names where one is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GoldenTheoryAttribute : TheoryAttribute
{
    public GoldenTheoryAttribute(params string[] names) => Skip = GoldenFolder.MissingReason(names);
}
