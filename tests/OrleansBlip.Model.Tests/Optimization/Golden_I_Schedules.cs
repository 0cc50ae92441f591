using System.Text.Json;
using OrleansBlip.Golden;
using OrleansBlip.Model.Optimization;

namespace OrleansBlip.Model.Tests.Optimization;

[Trait("Category", "Parity")]
public sealed class Golden_I_Schedules
{
    private const string Case = "i-schedules";

    [GoldenFact(Case)]
    public void Warmup_AllTables() => ForEachRow("warmup_lr_schedule", (args, step) =>
    {
        var (start, peak, steps) = (Number(args, "init_lr"), Number(args, "max_lr"), (long)Number(args, "max_step"));
        return new ScheduleSpec { Kind = ScheduleKind.Ramp, Start = start, Peak = peak, WarmupSteps = steps }.At(step, new RunLength(100_000, 100_000));
    });

    [GoldenFact(Case)]
    public void EpochDecay_AllTables() => ForEachRow("step_lr_schedule", (args, epoch) =>
        Schedules.EpochDecay(epoch, Number(args, "init_lr"), Number(args, "min_lr"), Number(args, "decay_rate")));

    [GoldenFact(Case)]
    public void Cosine_AllTables() => ForEachRow("cosine_lr_schedule", (args, epoch) =>
        new ScheduleSpec { Kind = ScheduleKind.EpochCosine, Peak = Number(args, "init_lr"), Floor = Number(args, "min_lr") }
            .At(3 * epoch + 2, new RunLength(3 * (long)Number(args, "max_epoch") - 1, 3)));

    [GoldenFact(Case)]
    public void AlphaRamp_PretrainAndRetrieval()
    {
        foreach (var (name, epochs) in new[] { ("alpha_ramp_pretrain", 2), ("alpha_ramp_retrieval", 1) })
        {
            var ramp = Tables().GetProperty(name);
            long perEpoch = ramp.GetProperty("n").GetInt64();
            var spec = new ScheduleSpec { Kind = ScheduleKind.Ramp, Peak = ramp.GetProperty("alpha").GetDouble(), WarmupSteps = epochs * perEpoch };
            foreach (var row in ramp.GetProperty("table").EnumerateArray())
                AssertClose(name, row, spec.At(row[0].GetInt64() * perEpoch + row[1].GetInt64(), new RunLength(100, perEpoch)));
        }
    }

    [GoldenFact(Case)]
    public void PretrainCombined_WarmupOnlyInFirstEpoch()
    {
        var combined = Tables().GetProperty("pretrain_combined");
        var config = combined.GetProperty("config");
        long perEpoch = combined.GetProperty("steps_per_epoch").GetInt64();
        var spec = new ScheduleSpec
        {
            Kind = ScheduleKind.WarmupThenEpochDecay,
            Peak = Number(config, "init_lr"),
            Start = Number(config, "warmup_lr"),
            Floor = Number(config, "min_lr"),
            WarmupSteps = (long)Number(config, "warmup_steps"),
            EpochDecay = Number(config, "lr_decay_rate"),
        };
        foreach (var row in combined.GetProperty("table").EnumerateArray())
            AssertClose("pretrain_combined", row, spec.At(row[0].GetInt64() * perEpoch + row[1].GetInt64(), new RunLength(24, perEpoch)));
    }

    private static void ForEachRow(string name, Func<JsonElement, long, double> actual)
    {
        foreach (var table in Tables().GetProperty(name).EnumerateArray())
        {
            foreach (var row in table.GetProperty("table").EnumerateArray()) AssertClose(name, row, actual(table.GetProperty("args"), row[0].GetInt64()));
        }
    }

    private static JsonElement Tables() => JsonDocument.Parse(File.ReadAllText(Path.Combine(GoldenFolder.Case(Case), "schedules.json"))).RootElement;

    private static double Number(JsonElement args, string name) => args.GetProperty(name).GetDouble();

    private static void AssertClose(string table, JsonElement row, double actual)
    {
        double expected = row[row.GetArrayLength() - 1].GetDouble();
        Assert.True(Math.Abs(actual - expected) <= 1e-12 * Math.Abs(expected) + 1e-20, $"{Case}/{table} {row}: {actual:R} instead of {expected:R}.");
    }
}
