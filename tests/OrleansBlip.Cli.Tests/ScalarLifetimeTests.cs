using Mono.Cecil;

namespace OrleansBlip.Cli.Tests;

/// <summary>
/// TorchSharp frees a native Scalar when its wrapper is finalized, and many of its methods make one in passing, which may be freed while libtorch reads it: the process dies, once in
/// many thousands of steps. BannedSymbols.txt keeps out what is known by name; here the compiled library itself is asked which of its methods do so.
/// </summary>
public sealed class ScalarLifetimeTests
{
    private static readonly string[] Ours = ["OrleansBlip.Model.dll", "OrleansBlip.Data.dll", "OrleansBlip.Grains.dll", "OrleansBlip.Client.dll", "blip.dll"];

    [Fact]
    public void Code_MakesScalarsInOnePlaceOnly()
    {
        using var library = Read("TorchSharp.dll");
        var makers = MakersOfScalars(library);
        HashSet<string> callers = [];
        foreach (var name in Ours)
        {
            using var assembly = Read(name);
            callers.UnionWith(Methods(assembly).Where(method => Called(method).Any(makers.Contains)).Select(method => method.DeclaringType.FullName));
        }
        // That place holds each until the call has returned; it also shows that callers are found.
        Assert.Equal(["OrleansBlip.Model.Layers.TensorArithmetic"], callers);
    }

    /// <summary>Full names of the methods that make a Scalar, or call one that does.</summary>
    private static HashSet<string> MakersOfScalars(ModuleDefinition library)
    {
        var calls = Methods(library).Select(method => (method.FullName, Called: Called(method).ToArray())).ToArray();
        HashSet<string> makers = [.. library.GetType("TorchSharp.Scalar").Methods.Where(method => method.IsConstructor && !method.IsStatic).Select(method => method.FullName)];
        int known;
        do
        {
            known = makers.Count;
            makers.UnionWith(calls.Where(call => call.Called.Any(makers.Contains)).Select(call => call.FullName));
        }
        while (makers.Count > known);
        return makers;
    }

    private static ModuleDefinition Read(string assembly) => ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, assembly));

    private static IEnumerable<MethodDefinition> Methods(ModuleDefinition module) => module.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody);

    private static IEnumerable<string> Called(MethodDefinition method) =>
        method.Body.Instructions.Select(instruction => instruction.Operand).OfType<MethodReference>().Select(called => called.GetElementMethod().FullName);
}
