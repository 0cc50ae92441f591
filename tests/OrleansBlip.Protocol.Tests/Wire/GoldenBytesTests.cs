using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Protocol.Tests.Wire;

/// <summary>
/// The bytes of each message, as they were when they were first sent: a silo of one version must understand one of another. A changed line in
/// golden-bytes.txt breaks rolling upgrades; a new line is a new message or a new member.
/// </summary>
public sealed class GoldenBytesTests
{
    private static readonly Serializer Serializer = new ServiceCollection().AddSerializer(builder => builder.AddAssembly(typeof(RunSpec).Assembly)).BuildServiceProvider().GetRequiredService<Serializer>();

    private static Dictionary<string, string> Golden => File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Wire", "golden-bytes.txt"))
        .Select(line => line.Split(' ')).ToDictionary(words => words[0], words => words[1]);

    public static TheoryData<string> Aliases => [.. Samples.All.Select(AliasOf)];

    [Theory]
    [MemberData(nameof(Aliases))]
    public void Message_Serialized_HasTheGoldenBytes(string alias)
    {
        object sample = Samples.All.Single(sample => AliasOf(sample) == alias);
        string bytes = Convert.ToHexStringLower(Serializer.SerializeToArray(sample));
        Assert.True(Golden.TryGetValue(alias, out string? golden) && golden == bytes, $"Golden bytes of {alias} differ; now they are\n{alias} {bytes}");
    }

    [Theory]
    [MemberData(nameof(Aliases))]
    public void Message_ReadFromGoldenBytes_SaysTheSame(string alias)
    {
        object read = Serializer.Deserialize<object>(Convert.FromHexString(Golden[alias]))!;
        Assert.Equal(AliasOf(read), alias);
        Assert.Equal(Golden[alias], Convert.ToHexStringLower(Serializer.SerializeToArray(read)));
    }

    [Fact]
    public void Samples_CoverEveryMessage()
    {
        var messages = typeof(RunSpec).Assembly.GetTypes().Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null);
        Assert.Empty(messages.Except(Samples.All.Select(sample => sample.GetType())));
    }

    [Fact]
    public void Messages_AreImmutableAndSealed()
    {
        foreach (var type in Samples.All.Select(sample => sample.GetType()).Where(type => !type.IsEnum && !type.IsAssignableTo(typeof(Exception))))
        {
            Assert.True(type.IsSealed, $"{type.Name} is not sealed.");
            Assert.True(type.GetCustomAttribute<ImmutableAttribute>() is not null, $"{type.Name} lacks [Immutable].");
        }
    }

    [Fact]
    public void FloatBlock_OfManyNumbers_ComesBackBitForBit()
    {
        float[] values = [.. Enumerable.Range(0, 100_000).Select(i => BitConverter.Int32BitsToSingle(i * 48271))];
        byte[] bytes = Serializer.SerializeToArray(new FloatBlock(values));
        Assert.InRange(bytes.Length, values.Length * 4, values.Length * 4 + 40);
        Assert.Equal(values.Select(BitConverter.SingleToInt32Bits), Serializer.Deserialize<FloatBlock>(bytes).Values.ToArray().Select(BitConverter.SingleToInt32Bits));
    }

    [Fact]
    public void FloatBlock_OfManyRoundedNumbers_ComesBackBitForBitFromHalfTheBytes()
    {
        float[] values = [.. Enumerable.Range(0, 100_001).Select(i => BitConverter.Int32BitsToSingle(i * 48271))];
        BFloat16.Round(values);
        byte[] bytes = Serializer.SerializeToArray(new FloatBlock(values, GradientPrecision.BFloat16));
        Assert.InRange(bytes.Length, values.Length * 2, values.Length * 2 + 40);
        var read = Serializer.Deserialize<FloatBlock>(bytes);
        Assert.Equal(GradientPrecision.BFloat16, read.Precision);
        Assert.Equal(values.Select(BitConverter.SingleToInt32Bits), read.Values.ToArray().Select(BitConverter.SingleToInt32Bits));
    }

    [Fact]
    public void FloatBlock_WithALengthThatIsNoMultipleOfFour_IsRefused()
    {
        byte[] bytes = Serializer.SerializeToArray(new FeatureBlock { Slot = 0, Image = new FloatBlock(new float[2]), Text = default, Ids = default });
        int length = bytes.AsSpan().IndexOf(new byte[8]) - 1;
        bytes[length] += 2;
        Assert.ThrowsAny<SerializerException>(() => Serializer.Deserialize<FeatureBlock>(bytes));
    }

    private static string AliasOf(object message) => message.GetType().GetCustomAttribute<AliasAttribute>()!.Alias;
}
