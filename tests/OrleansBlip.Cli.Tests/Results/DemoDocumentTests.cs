using System.Text.Json;
using OrleansBlip.Cli.Results;

namespace OrleansBlip.Cli.Tests.Results;

public sealed class DemoDocumentTests
{
    [Fact]
    public void Document_AsJson_HasTheContractsNames()
    {
        var document = new DemoDocument
        {
            Seed = 1,
            Steps = 3000,
            SamplesPerSecond = 990.5,
            Noise = new NoiseResult(0.6, 0.1, 0.3, 0.05, 0.08),
            Filter = new FilterResult(0.9, 0.7, 0.95, null),
            Arms = [new ArmResult("none", 10, 11, 90, 0.5, "ab", Finetuned: null), new ArmResult("both", 20, 21, 95, 0.75, "cd", new FinetunedResult(30, 31, 99, 0.875))],
            WallSeconds = 400,
        };
        Assert.Equal(
            """
            {"seed":1,"steps":3000,"samplesPerSecond":990.5,
            "noise":{"web":0.6,"keptWeb":0.1,"synthetic":0.3,"keptSynthetic":0.05,"kept":0.08},
            "filter":{"precision":0.9,"recall":0.7,"aucWeb":0.95,"aucSynthetic":null},
            "arms":[{"name":"none","tr1":10,"ir1":11,"cider":90,"attributeAccuracy":0.5,"weightsSha256":"ab"},
            {"name":"both","tr1":20,"ir1":21,"cider":95,"attributeAccuracy":0.75,"weightsSha256":"cd",
            "finetuned":{"tr1":30,"ir1":31,"cider":99,"attributeAccuracy":0.875}}],
            "wallSeconds":400}
            """.Replace("\n", "", StringComparison.Ordinal),
            JsonSerializer.SerializeToNode(document, ResultJson.Default.DemoDocument)!.ToJsonString());
    }
}
