using CsCheck;
using OrleansBlip.Grains.Bootstrapping;
using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Nodes;

namespace OrleansBlip.Grains.Tests.Bootstrapping;

public sealed class PictureLeasesTests
{
    [Fact]
    public void Leases_WhateverDevicesDo_CoverEachPictureOnceAndEnd() =>
        Gen.Select(Gen.Int[0, 3000], Gen.Int[1, 4], Gen.Int[0, 99].Array[400]).Sample((pictures, deviceCount, fates) =>
        {
            var leases = new PictureLeases(pictures, new HashSet<PictureRange>());
            InferenceDevice[] all = [.. Enumerable.Range(0, deviceCount).Select(device => new InferenceDevice(new NodeName("node"), device))];
            var done = new List<PictureRange>();
            var held = new List<(InferenceDevice Device, PictureRange Range)>();
            leases.Update(all);
            foreach (int fate in fates)
            {
                held.AddRange(leases.Assign());
                Assert.Equal(held.Count > 0, leases.IsAnyHeld);
                Assert.Equal(held.Count, held.Select(lease => lease.Range).Distinct().Count());
                if (held.Count == 0) break;
                var (device, range) = held[fate % held.Count];
                held.Remove((device, range));
                if (fate < 10)
                {
                    leases.Update([.. all.Where(other => other != device)]);
                    leases.Update(all);
                }
                else if (fate < 15)
                {
                    if (leases.Failed(device, range, "no memory") is not null) return;
                    leases.Update(all);
                }
                else
                {
                    leases.Done(device, range);
                    done.Add(range);
                }
            }
            Assert.Equal(leases.DoneCount, done.Sum(range => range.Count));
            if (held.Count > 0) return;
            Assert.True(leases.IsComplete);
            Assert.Equal(PictureLeases.Split(pictures), done.OrderBy(range => range.First));
        });

    [Fact]
    public void Failed_OneBadDeviceAmongTwo_LeavesTheWorkToTheOther()
    {
        var leases = new PictureLeases(3000, new HashSet<PictureRange>());
        InferenceDevice bad = new(new NodeName("bad"), 0), good = new(new NodeName("good"), 0);
        for (int look = 0; look < 100 && !leases.IsComplete; look++)
        {
            leases.Update([bad, good]);
            foreach (var (device, range) in leases.Assign())
            {
                if (device == good) leases.Done(device, range);
                else Assert.Null(leases.Failed(device, range, "no memory"));
            }
        }
        Assert.True(leases.IsComplete);
    }

    [Fact]
    public void Failed_OnlyDeviceAgainAndAgain_EndsThePhase()
    {
        var leases = new PictureLeases(3000, new HashSet<PictureRange>());
        var only = new InferenceDevice(new NodeName("only"), 0);
        string? hopeless = null;
        for (int look = 0; look < 10 && hopeless is null; look++)
        {
            leases.Update([only]);
            foreach (var (device, range) in leases.Assign()) hopeless = leases.Failed(device, range, "no memory");
        }
        Assert.Contains("no memory", hopeless, StringComparison.Ordinal);
    }
}
