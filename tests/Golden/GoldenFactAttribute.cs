namespace OrleansBlip.Golden;

/// <summary>A fact that needs golden cases ("j-tokenizer") or files ("j-tokenizer/vocab.txt"): skipped with their names where one is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GoldenFactAttribute : FactAttribute
{
    public GoldenFactAttribute(params string[] names) => Skip = GoldenFolder.MissingReason(names);
}
