using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Protocol.Tests.Runs;

public sealed class NumericProfileTests
{
    private static readonly NumericProfile Run = new()
    {
        Library = "libtorch", InstructionSet = "AVX2", ThreadsPerDevice = 1, Decoder = "Skia", CanarySha256 = new string('0', 64), Attention = "flash, math", Build = "1.0.0+a",
    };

    [Fact]
    public void DifferencesFrom_AnEqualProfile_AreNone() => Assert.Empty((Run with { }).DifferencesFrom(Run));

    [Fact]
    public void DifferencesFrom_OtherBackendsOfAttention_AreNamed() =>
        Assert.Equal<string>(["backends of attention: math here, flash, math in the run"], (Run with { Attention = "math" }).DifferencesFrom(Run));

    [Fact]
    public void DifferencesFrom_AnotherBuildThatComputesTheSame_AreNone() => Assert.Empty((Run with { Build = "1.0.0+b" }).DifferencesFrom(Run));

    [Fact]
    public void DifferencesFrom_AnotherBuildThatComputesOtherwise_NameIt() => Assert.Equal<string>(
        ["build: 1.0.0+b here, 1.0.0+a in the run", $"gradient of the canary slot: {new string('1', 64)} here, {new string('0', 64)} in the run"],
        (Run with { Build = "1.0.0+b", CanarySha256 = new string('1', 64) }).DifferencesFrom(Run));

    [Fact]
    public void DifferencesFrom_AProfileThatToldLess_AreNone() => Assert.Empty(Run.DifferencesFrom(Run with { Attention = "", Build = "" }));
}
