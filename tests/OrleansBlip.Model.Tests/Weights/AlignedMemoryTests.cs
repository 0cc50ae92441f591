using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Tests.Weights;

public sealed class AlignedMemoryTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(1000, 272)]
    [InlineData(300_000, 1632)]
    public void Allocate_AnyLength_BeginsWhereTensorsDo(int length, int lead)
    {
        for (int i = 0; i < 8; i++)
        {
            var memory = AlignedMemory.Allocate<float>(length, lead);
            Assert.Equal(length, memory.Length);
            Assert.True(AlignedMemory.IsAligned(memory.Span));
            Assert.All(memory.ToArray(), value => Assert.Equal(0, value));
        }
    }

    [Fact]
    public void Allocate_ALeadThatIsNoMultiple_IsRefused() => Assert.Throws<ArgumentException>(() => AlignedMemory.Allocate<float>(10, lead: 3));

    [Fact]
    public void FlatParameters_OverMemoryThatBeginsElsewhere_IsRefused()
    {
        var memory = AlignedMemory.Allocate<float>(64);
        var error = Assert.Throws<ArgumentException>(() => FlatParameters.Over(memory[1..], memory));
        Assert.Contains("64 bytes", error.Message, StringComparison.Ordinal);
        using var values = FlatParameters.Over(memory, memory[16..]);
        memory.Span.Fill(3);
        Assert.Equal(192, values.Weights.sum().item<float>());
    }
}
