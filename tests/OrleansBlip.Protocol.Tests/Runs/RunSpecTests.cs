using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Tests.Wire;

namespace OrleansBlip.Protocol.Tests.Runs;

public sealed class RunSpecTests
{
    // As runs were specified at first.
    private static RunSpec Before => Samples.Spec with { GradientPrecision = default, ForkedFromSha256 = null };

    [Fact]
    public void ToCanonicalJson_OfASample_IsSortedAndDense() => Assert.Equal(
        """{"data":{"side":48},"datasetDigest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","initialWeightsSha256":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","model":{"parts":["vision","text"],"width":192},"optimizer":{"peak":1e-3},"sampleCount":20000,"seed":17,"slotCount":4,"slotSize":16,"steps":1000,"threadsPerDevice":2}""",
        Before.ToCanonicalJson());

    [Fact]
    public void ToCanonicalJson_OfKeysThatCameLater_HasThemWhereTheyAreSet()
    {
        Assert.Contains("""aaa","forkedFromSha256":"ffffffff""", Samples.Spec.ToCanonicalJson(), StringComparison.Ordinal);
        Assert.Contains("""fff","gradientPrecision":"bfloat16","initialWeights""", Samples.Spec.ToCanonicalJson(), StringComparison.Ordinal);
        Assert.Equal(Samples.Spec, RunSpec.FromJson(Samples.Spec.ToCanonicalJson()) with { Model = Samples.Spec.Model });
        Assert.Equal(
            [$"forkedFromSha256: nothing here, \"{new string('f', 64)}\" there", "gradientPrecision: nothing here, \"bfloat16\" there"],
            Before.DifferencesFrom(Samples.Spec).AsEnumerable());
    }

    [Fact]
    public void Identity_OfASample_DoesNotChange() => Assert.Equal("2a9fd753ecafd537ee7cf760905fe4f37e15bb0f67b8e6306bd17847e7a19341", Before.Identity);

    [Fact]
    public void Identity_OfModelsThatDifferInSpellingOnly_IsEqual() =>
        Assert.Equal(Samples.Spec.Identity, (Samples.Spec with { Model = """{ "parts" : [ "vision", "text" ], "width" : 192 }""" }).Identity);

    [Fact]
    public void FromJson_OfCanonicalJson_IsTheSameRun()
    {
        var spec = Samples.Spec with { InitialWeightsSha256 = null };
        Assert.Equal(spec.Identity, RunSpec.FromJson(spec.ToCanonicalJson()).Identity);
    }

    [Fact]
    public void DifferencesFrom_AnotherDataset_NamesItAlone()
    {
        var other = Samples.Spec with { DatasetDigest = new string('e', 64) };
        Assert.StartsWith("datasetDigest: ", Assert.Single(Samples.Spec.DifferencesFrom(other)));
        Assert.StartsWith("datasetDigest: ", Assert.Single(Samples.Spec.DifferencesFrom(other with { SampleCount = 1 })));
        Assert.StartsWith("sampleCount: ", Assert.Single(Samples.Spec.DifferencesFrom(Samples.Spec with { SampleCount = 1 })));
        Assert.Empty(Samples.Spec.DifferencesFrom(Samples.Spec));
    }

    [Fact]
    public void Validate_OfWrongValues_NamesKeyValueAndRange()
    {
        var spec = Samples.Spec with { SlotCount = 0, Steps = -3, Model = "[1]", Data = "nonsense", DatasetDigest = "abc" };
        string message = Assert.Throws<RunRefusedException>(spec.Validate).Message;
        Assert.Contains("SlotCount is 0, it must be 1 to 4096.", message);
        Assert.Contains("Steps is -3, it must be 1 to 1000000000.", message);
        Assert.Contains("Model is JSON of kind Array, it must be an object.", message);
        Assert.Contains("Data is not JSON: ", message);
        Assert.Contains("DatasetDigest is 'abc', it must be 64 lower-case hexadecimal digits.", message);
        Samples.Spec.Validate();
    }

    [Theory]
    [InlineData("run-1", true)]
    [InlineData("", false)]
    [InlineData("Run", false)]
    [InlineData("a/b", false)]
    [InlineData("..", false)]
    public void RunId_OfText_IsValidInItsNarrowAlphabetOnly(string text, bool valid)
    {
        Assert.Equal(valid, RunId.IsValid(text));
        if (!valid) Assert.Throws<FormatException>(() => RunId.Parse(text));
    }
}
