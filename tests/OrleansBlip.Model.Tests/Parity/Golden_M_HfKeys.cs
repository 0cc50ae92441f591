using System.Text.Json;
using OrleansBlip.Golden;
using OrleansBlip.Model.Weights.HuggingFace;

namespace OrleansBlip.Model.Tests.Parity;

[Trait("Category", "Parity")]
public sealed class Golden_M_HfKeys
{
    [GoldenFact("m-hf-keys")]
    public void Names_OfEveryTensor_AreHuggingFacesAndBack()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(GoldenFolder.Case("m-hf-keys"), "keys.json")));
        var compared = 0;
        foreach (var model in json.RootElement.EnumerateObject().Where(model => model.Value.ValueKind == JsonValueKind.Object))
            foreach (var key in model.Value.EnumerateObject())
            {
                Assert.Equal(key.Value.GetString(), HuggingFaceNames.Of(key.Name));
                Assert.Equal(key.Name, HuggingFaceNames.OriginalOf(key.Value.GetString()!));
                compared++;
            }
        Assert.True(compared > 100, $"{compared} names compared");
    }
}
