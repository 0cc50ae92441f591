using CsCheck;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Grains.Tests.Training.Slots;

public sealed class VersionArrivalTests
{
    [Fact]
    public Task Range_ThatIsAwaited_IsThere_HoweverItsBlocksCome() =>
        Gen.Select(Gen.Int[1, 40].Array[1, 4], Gen.Int[0, 1_000_000], Gen.Int[0, 30]).SampleAsync((lengths, seed, attachAfter) => AssertComesAsync(lengths, new Random(seed), attachAfter), iter: 200);

    [Fact]
    public async Task Begun_EndsOnceTheBlockOfEachShardComes()
    {
        var arrival = new VersionArrival(2);
        arrival.Of(1).Begins(Block(10, 5));
        Assert.False(arrival.Begun.IsCompleted);
        arrival.Complete(0, Block(0, 10));
        Assert.True(await arrival.Begun);
        Assert.Equal([0, 10], arrival.Blocks.Select(block => block.WeightStart));
        Assert.False(arrival.IsComplete);
        arrival.Complete(1, arrival.Blocks[1]);
        Assert.True(arrival.IsComplete);
    }

    [Fact]
    public async Task Version_ThatDoesNotCome_KeepsNobodyWaiting()
    {
        var arrival = new VersionArrival(2);
        arrival.Complete(0, Block(0, 10));
        var waiting = Task.Run(() => Assert.Throws<ParametersLostException>(() => arrival.AwaitAll()));
        arrival.Lose();
        await waiting;
        Assert.False(await arrival.Begun);
        arrival.Complete(1, Block(10, 5));
        Assert.Throws<ParametersLostException>(() => arrival.AwaitWeights(0, 1));
    }

    [Fact]
    public async Task Failure_OfThePuller_IsHeardOf()
    {
        var arrival = new VersionArrival(1);
        arrival.Lose(new InvalidOperationException("no"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => arrival.Begun);
    }

    [Fact]
    public void Block_ThatBeginsToComeAgain_SpoilsWhatWasComputedWithTheFirstAttempt()
    {
        var arrival = new VersionArrival(1);
        arrival.Of(0).Begins(Block(0, 10));
        arrival.CopyTo(new float[10], new float[5]);
        arrival.Of(0).Came(10, 5);
        arrival.AwaitWeights(0, 10);
        Assert.False(arrival.IsComplete); // nobody knows yet whether it is undamaged
        arrival.Of(0).Begins(Block(0, 10));
        Assert.True(arrival.IsLost);
        Assert.Throws<ParametersLostException>(() => arrival.AwaitWeights(0, 10));
    }

    [Fact]
    public void Version_ThatHasMadeRoomForAnother_IsCopiedNoMore()
    {
        var arrival = new VersionArrival(1);
        var block = Block(0, 10);
        arrival.Of(0).Begins(block);
        float[] weights = new float[10];
        arrival.CopyTo(weights, new float[5]);
        arrival.Of(0).Came(4, 0);
        arrival.StopCopying();
        arrival.Complete(0, block);
        Assert.Equal([1, 2, 3, 4, 0, 0, 0, 0, 0, 0], weights);
    }

    private static async Task AssertComesAsync(int[] lengths, Random random, int attachAfter)
    {
        var arrival = new VersionArrival(lengths.Length);
        int total = lengths.Sum();
        float[] weights = new float[total], momentum = new float[2 * total];
        // What is sent, and how much of it has come to the block's memory.
        var sent = lengths.Select((length, shard) => (Start: lengths[..shard].Sum(), Length: length, Block: EmptyBlock(lengths[..shard].Sum(), length))).ToArray();
        int[] come = new int[lengths.Length];
        foreach (int shard in Enumerable.Range(0, lengths.Length)) arrival.Of(shard).Begins(sent[shard].Block);
        var ranges = Enumerable.Range(0, 20).Select(_ => (Start: random.Next(total), IsMomentum: random.Next(2) == 0)).Select(range => (range.Start, Length: random.Next(1, total - range.Start + 1), range.IsMomentum)).ToArray();
        var reader = Task.Run(() =>
        {
            foreach (var (start, length, isMomentum) in ranges)
            {
                if (isMomentum) arrival.AwaitMomentum(2 * start, 2 * length);
                else arrival.AwaitWeights(start, length);
                var (read, first, count) = isMomentum ? (momentum, 2 * start, 2 * length) : (weights, start, length);
                for (int i = first; i < first + count; i++) if (read[i] != (isMomentum ? -1 - i : 1 + i)) return $"{(isMomentum ? "momentum" : "weight")} {i} was {read[i]} when it was read";
            }
            arrival.AwaitAll();
            return null;
        });
        for (int moves = 0; !arrival.IsComplete; moves++)
        {
            if (moves == attachAfter) arrival.CopyTo(weights, momentum);
            int shard = random.Next(lengths.Length);
            var (start, length, block) = sent[shard];
            if (come[shard] == 3 * length)
            {
                if (moves > attachAfter) arrival.Complete(shard, block);
                continue;
            }
            come[shard] = Math.Min(3 * length, come[shard] + random.Next(1, 12));
            var (weightsCome, momentumCome) = (Math.Min(come[shard], length), Math.Max(0, come[shard] - length));
            for (int i = 0; i < weightsCome; i++) Room(block.Weights)[i] = 1 + start + i;
            for (int i = 0; i < momentumCome; i++) Room(block.Momentum)[i] = -1 - 2 * start - i;
            arrival.Of(shard).Came(weightsCome, momentumCome);
        }
        Assert.Null(await reader);
        Assert.Equal(Enumerable.Range(1, total).Select(i => (float)i), weights);
        Assert.Equal(Enumerable.Range(1, 2 * total).Select(i => (float)-i), momentum);
    }

    private static Span<float> Room(FloatBlock block) => System.Runtime.InteropServices.MemoryMarshal.AsMemory(block.Values).Span;

    private static ParameterBlock EmptyBlock(int start, int length) => new()
    {
        Version = new StepNumber(0),
        WeightStart = start,
        Weights = new FloatBlock(new float[length]),
        MomentumStart = 2 * start,
        Momentum = new FloatBlock(new float[2 * length]),
    };

    private static ParameterBlock Block(int start, int length) => new()
    {
        Version = new StepNumber(0),
        WeightStart = start,
        Weights = new FloatBlock(Enumerable.Range(1, length).Select(i => (float)(start + i)).ToArray()),
        MomentumStart = start / 2,
        Momentum = new FloatBlock(new float[length / 2]),
    };
}
