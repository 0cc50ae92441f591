using OrleansBlip.Client.Recipes;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Generation;
using OrleansBlip.Model.Tasks;
using TorchSharp;

namespace OrleansBlip.Benchmarks.Speed;

/// <summary>Captions of exactly twenty tokens, or matches of as many pairs as images: the images shared out among the devices, from pixels on.</summary>
internal sealed class InferenceWork : ISpeedWork
{
    private const int Tokens = 20, BaseWords = 30_524, SmallWords = 2_000, BaseSide = 384;

    private static readonly SpecialTokens Special = new(0, 101, 102, 103, 104);

    private readonly SpeedCase _case;
    private readonly DevicePool _devices;
    private readonly BlipModel _model;
    private readonly int _side;

    private InferenceWork(SpeedCase one, DevicePool devices, BlipModel model, int side) => (_case, _devices, _model, _side) = (one, devices, model, side);

    public static async Task<InferenceWork> CreateAsync(SpeedCase one, DevicePool devices)
    {
        var hash = new string('0', 64);
        var recipe = one.IsBase ? Recipes.Base(BaseWords, hash, seed: 0) : Recipes.Small(SmallWords, hash, seed: 0);
        var spec = ModelSpec.FromJson((one.Name.StartsWith("filter", StringComparison.Ordinal) ? recipe.Filter : recipe.Captioner).Model);
        var side = one.IsBase ? BaseSide : spec.Vision.ImageSize;
        spec = spec with { Vision = spec.Vision with { ImageSize = side } };
        // Both devices read the same weights.
        var model = await devices[0].RunAsync(() =>
        {
            var built = new BlipModel(Families.Compose(spec));
            built.Initialize(seed: 1);
            return built;
        });
        return new InferenceWork(one, devices, model, side);
    }

    public Task CallAsync() => Task.WhenAll(Enumerable.Range(0, _devices.Count).Select(device => _devices[device].RunAsync(() => Compute(_case.Samples / _devices.Count))));

    public async ValueTask DisposeAsync() => await _devices[0].RunAsync(_model.Dispose);

    private void Compute(int images)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var pixels = torch.ones(images, 3, _side, _side);
        var settings = new GenerationSettings { EndId = Special.Separator, MaxLength = Tokens, MinLength = Tokens, Beams = 3, TopP = 0.9, TopK = null };
        if (_case.Name.Contains("beam", StringComparison.Ordinal)) new Captioner(_model).Beam(pixels, [Special.Decode], settings);
        else if (_case.Name.Contains("nucleus", StringComparison.Ordinal)) new Captioner(_model).Nucleus(pixels, [Special.Decode], settings, (row, token) => (row * 31 + token * 17) % 101 / 101.0);
        else
        {
            var tokens = torch.ones(images, Tokens, torch.ScalarType.Int64);
            var matcher = new Matcher(_model);
            var (imageTokens, _) = matcher.Images(pixels);
            matcher.Match(imageTokens, tokens, tokens, Special.Encode);
        }
    }
}
