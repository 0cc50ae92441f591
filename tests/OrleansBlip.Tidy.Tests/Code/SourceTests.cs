using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OrleansBlip.Tidy.Tests.Code;

public sealed class SourceTests
{
    private const int FileLinesMax = 400, FunctionLinesMax = 50;

    private static readonly IReadOnlyList<(string Path, SyntaxTree Tree)> Sources =
        [.. Repository.Files(".cs").Select(path => (path, CSharpSyntaxTree.ParseText(Repository.Read(path), new CSharpParseOptions(LanguageVersion.Preview))))];

    [Fact]
    public void Files_AnySource_AreShort() => Repository.AssertNone(
        $"A source file has at most {FileLinesMax} lines.",
        from source in Sources
        let lines = source.Tree.GetText().Lines.Count - 1 // the last is what follows the final line feed
        where lines > FileLinesMax
        select $"{source.Path}: {lines} lines");

    [Fact]
    public void Functions_AnySource_AreShort() => Repository.AssertNone(
        $"A function has at most {FunctionLinesMax} lines.",
        from source in Sources
        from node in source.Tree.GetRoot().DescendantNodes()
        where node is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax
        let span = node.GetLocation().GetLineSpan()
        let lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1
        where lines > FunctionLinesMax
        select $"{source.Path}({span.StartLinePosition.Line + 1}): {lines} lines");

    [Fact]
    public void PublicTypes_AnySource_HaveAFileOfTheirName() => Repository.AssertNone(
        "A file holds one public type, and bears its name (Type.cs, or Type.Part.cs for a part of it).",
        from source in Sources
        let types = PublicTypes(source.Tree).ToList()
        where types.Count > 1 || (types.Count == 1 && Path.GetFileName(source.Path).Split('.')[0] != types[0])
        where source.Path != "src/build/LibTorchSharpPatch.cs" // MSBuild's inline tasks have one file each, the task beside its parts
        select $"{source.Path}: {string.Join(", ", types)}");

    [Fact]
    public void Catches_InSrc_DoSomething() => Repository.AssertNone(
        "No exception is swallowed: an empty catch says why in a comment.",
        from source in Sources
        where source.Path.StartsWith("src/", StringComparison.Ordinal)
        from clause in source.Tree.GetRoot().DescendantNodes().OfType<CatchClauseSyntax>()
        where clause.Block.Statements.Count == 0 && !clause.DescendantTrivia().Any(t => t.IsKind(SyntaxKind.SingleLineCommentTrivia))
        select $"{source.Path}({Line(clause)})");

    [Fact]
    public void Suppressions_AnySource_SayWhy() => Repository.AssertNone(
        "A suppressed warning has its reason on the line.",
        from source in Sources
        from pragma in source.Tree.GetRoot().DescendantNodes(descendIntoTrivia: true).OfType<PragmaWarningDirectiveTriviaSyntax>()
        where pragma.DisableOrRestoreKeyword.IsKind(SyntaxKind.DisableKeyword) && !pragma.ToFullString().Contains("//", StringComparison.Ordinal)
        select $"{source.Path}({Line(pragma)})");

    [Fact]
    public void Stubs_AnySource_AreAbsent() => Repository.AssertNone(
        "Nothing is left for later: no to-do comment, no NotImplementedException.",
        from source in Sources
        let root = source.Tree.GetRoot()
        let comments = root.DescendantTrivia().Where(IsLeftForLater).Select(t => t.GetLocation())
        let stubs = root.DescendantNodes().OfType<IdentifierNameSyntax>().Where(n => n.Identifier.Text == "NotImplementedException")
        from location in comments.Concat(stubs.Select(n => n.GetLocation()))
        select $"{source.Path}({location.GetLineSpan().StartLinePosition.Line + 1})");

    [Fact]
    public void Tests_AnySource_DoNotWaitOnTheClock() => Repository.AssertNone(
        "Tests do not sleep: they await what they wait for, or move a FakeTimeProvider.",
        from source in Sources
        where source.Path.StartsWith("tests/", StringComparison.Ordinal) && source.Path.Contains(".Tests/", StringComparison.Ordinal)
        from call in source.Tree.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>()
        where call.Expression.ToString() is "Task.Delay" or "Thread.Sleep" or "SpinWait.SpinUntil"
        select $"{source.Path}({Line(call)})");

    [Fact]
    public void GoldenTests_AnySource_AreOfCategoryParity() => Repository.AssertNone(
        "A test of golden numbers is of category Parity, so that one filter runs them all.",
        from source in Sources
        from method in source.Tree.GetRoot().DescendantNodes().OfType<MethodDeclarationSyntax>()
        let attributes = method.AttributeLists.Concat((method.Parent as TypeDeclarationSyntax)?.AttributeLists ?? []).SelectMany(list => list.Attributes).ToList()
        where attributes.Any(attribute => attribute.Name.ToString() is "GoldenFact" or "GoldenTheory")
        where !attributes.Any(attribute => attribute.ToString() is "Trait(\"Category\", \"Parity\")")
        select $"{source.Path}({Line(method)}): {method.Identifier.Text}");

    [Fact]
    public void Draws_InSrc_HaveAGenerator() => Repository.AssertNone(
        "What libtorch draws comes from a generator that is handed to it, and its attention drops nothing: the default generator is the process's, and two slots would race for it.",
        from source in Sources
        where source.Path.StartsWith("src/", StringComparison.Ordinal)
        from call in source.Tree.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>()
        let name = (call.Expression as MemberAccessExpressionSyntax)?.Name.Identifier.Text
        let arguments = call.ArgumentList.Arguments
        let isDrop = name == "scaled_dot_product_attention" && (arguments.Count > 4 || arguments.Any(argument => argument.NameColon?.Name.Identifier.Text == "p"))
        let isDraw = name is "rand" or "randn" or "randint" or "randperm" or "rand_like" or "randn_like" or "bernoulli" or "multinomial" or "normal_" or "uniform_" or "bernoulli_" or "random_" or "exponential_"
        where isDrop || (isDraw && !arguments.Any(argument => argument.ToString().Contains("generator", StringComparison.Ordinal)))
        select $"{source.Path}({Line(call)}): {name}");

    private static bool IsLeftForLater(SyntaxTrivia trivia) =>
        (trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia))
        && new[] { "TODO", "FIXME", "HACK", "XXX" }.Any(word => trivia.ToString().Contains(word, StringComparison.Ordinal));

    private static int Line(SyntaxNode node) => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;

    private static IEnumerable<string> PublicTypes(SyntaxTree tree) =>
        from member in tree.GetRoot().DescendantNodes(node => node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax).OfType<MemberDeclarationSyntax>()
        where member.Modifiers.Any(SyntaxKind.PublicKeyword)
        let name = (member as BaseTypeDeclarationSyntax)?.Identifier.Text ?? (member as DelegateDeclarationSyntax)?.Identifier.Text
        where name is not null
        select name;
}
