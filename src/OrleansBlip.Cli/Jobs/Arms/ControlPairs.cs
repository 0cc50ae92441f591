using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Data.Shards;

namespace OrleansBlip.Cli.Jobs.Arms;

/// <summary>The pairs of a control that no CapFilt job publishes.</summary>
internal static class ControlPairs
{
    /// <summary>The true web pairs, chosen by the truth: what a perfect filter would keep.</summary>
    /// <returns>Their folder.</returns>
    public static string Oracle(DemoPaths paths)
    {
        if (Directory.Exists(paths.Oracle)) return paths.Oracle;
        var isTrue = TruthFile.Read(paths.World, ShapeWorldSplit.Web).ToDictionary(record => record.Key, record => record.Texts[0].IsTrue, StringComparer.Ordinal);
        var partial = paths.Oracle + ".partial";
        if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
        using (var web = ShardSet.Open(paths.Web, verifyHashes: false))
        using (var writer = new ShardWriter(partial, 1000))
        {
            foreach (var sample in web.Shards.SelectMany(shard => shard.ReadSamples()).Where(sample => isTrue[sample.Key])) writer.Add(sample);
            writer.Complete();
        }
        Directory.Move(partial, paths.Oracle);
        return paths.Oracle;
    }
}
