using OrleansBlip.Grains.Tests.Evaluation;
using OrleansBlip.Model.Compositions;

namespace OrleansBlip.Grains.Tests.Inference;

public sealed class ModelFolderTests(SmallWorld world) : IClassFixture<SmallWorld>
{
    [Theory]
    [InlineData("captioner")]
    [InlineData("filter")]
    public void Load_FinetunedFamilyOfPretrainedModel_TakesItsShare(string family)
    {
        var folder = world.Model("pretraining");
        using var model = folder.Load(Families.Compose(folder.Spec with { Family = family }));
        using var pretrained = folder.Load();
        foreach (var entry in model.Layout.Entries) Assert.True(model.Find(entry.Name)!.equal(pretrained.Find(entry.Name)!).all().item<bool>(), entry.Name);
    }
}
