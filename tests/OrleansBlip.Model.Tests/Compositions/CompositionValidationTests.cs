using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Objectives;

namespace OrleansBlip.Model.Tests.Compositions;

/// <summary>What cannot work is refused before anything is computed, by the names of its parts.</summary>
public sealed class CompositionValidationTests
{
    private static readonly VisionEncoder Images = CompositionTests.Images;
    private static readonly TextEncoder Texts = new("text", CompositionTests.Text);
    private static readonly Head Matches = new("head", "text", 2);
    private static readonly Composition Pretraining = CompositionTests.Pretraining;
    private static readonly ContrastiveLoss Contrast = (ContrastiveLoss)Pretraining.Objectives[0];
    private static readonly MatchingLoss Matching = (MatchingLoss)Pretraining.Objectives[1];
    private static readonly LanguageModellingLoss Language = (LanguageModellingLoss)Pretraining.Objectives[2];

    public static TheoryData<string, Composition> Impossible { get; } = new()
    {
        { "fed by nothing: its source needs", Of([Images, new TextDecoder("decoder", CompositionTests.Text)]) },
        { "is 'text', which does not stand before it; before it stand 'vision'", Of([Images, new Projection("feature", "text", 4)]) },
        { "needs ImageTokens, but 'feature' is Feature", Of([Images, new Projection("feature", "vision", 4), Texts with { Image = "feature" }]) },
        { "two parts named 'vision'", Of([Images, Images]) },
        { "shares with 'text', which does not stand before it", Of([Images, new TextDecoder("decoder", CompositionTests.Text) { Source = "vision", Shares = new Sharing("text", SharedLayers.All) }]) },
        { "wants a momentum copy of 'text'", Of([Images]) with { Momentum = ["text"] } },
        { "wants two momentum copies of 'vision'", Of([Images]) with { Momentum = ["vision", "vision"] } },
        { "'context' joins tokens of width 16, but those of 'visual_encoder' are 8 wide", Families.VisualDialogue(new ModelSpec { Vision = CompositionTests.Vision, Text = CompositionTests.Text with { Width = 16 } }) },
        { "temperature of 'itc' is 0.7; it must be 0.001 to 0.5", Pretraining with { Objectives = [Contrast with { InitialTemperature = 0.7 }] } },
    };

    public static TheoryData<string, Composition> ImpossibleObjectives { get; } = new()
    {
        { "hard negatives of objective 'itm' is 'itc', which does not stand before it", Pretraining with { Objectives = [Matching] } },
        { "hard negatives of objective 'itm' needs Contrast, but 'lm' is Objective", Pretraining with { Objectives = [Language, Matching with { HardNegatives = "lm" }] } },
        { "hard negatives of objective 'itm' needs Contrast, but 'vision_proj' is Feature", Pretraining with { Objectives = [Contrast, Matching with { HardNegatives = "vision_proj" }] } },
        { "objective 'itm' reads texts beside images by 'text_encoder', a text encoder that sees no image", Pretraining with { Parts = [.. Pretraining.Parts.Select(part => part is TextEncoder text ? text with { Image = null } : part)] } },
        { "objective 'itm' reads each text beside one image, but 'text_encoder' sees two", Pretraining with { Parts = [.. Pretraining.Parts.Select(part => part is TextEncoder text ? text with { SeesTwoImages = true } : part)] } },
        { "objective 'itm' tells a match from none, but 'itm_head' has 3 classes", Pretraining with { Parts = [.. Pretraining.Parts.Select(part => part is Head head ? head with { Classes = 3 } : part)] } },
        { "objective 'classification' reads texts beside images by 'text'", Of([Images, Texts, Matches]) with { Objectives = [new ClassificationLoss { Encoder = "text", Classifier = "head" }] } },
        {
            "objective 'classification' hands states of 'text', 8 wide, to 'head', which takes those of 'wide', 16 wide",
            Of([Images, new VisionEncoder("wide", CompositionTests.Vision with { Width = 16 }), Texts with { Image = "vision" }, Matches with { From = "wide" }])
                with { Objectives = [new ClassificationLoss { Encoder = "text", Classifier = "head" }] }
        },
        { "momentum features of 'vision_proj', which has no momentum copy", Pretraining with { Momentum = [] } },
        { "momentum features of 'text_proj', which has no momentum copy", Pretraining with { Momentum = ["visual_encoder", "vision_proj"] } },
        { "objective 'itc' compares 'vision_proj', 8 wide, with 'text_proj', 4 wide", Pretraining with { Parts = [.. Pretraining.Parts.Select(part => part is Projection { Name: "text_proj" } text ? text with { Width = 4 } : part)] } },
        { "two parts or objectives named 'itc'", Pretraining with { Objectives = [Contrast, Contrast] } },
        { "objective 'itc' is fed by nothing: its image needs Feature", Pretraining with { Objectives = [Contrast with { Image = null }] } },
        { "objective 'itc' is fed by nothing: its text needs Feature", Pretraining with { Objectives = [Contrast with { Text = null }] } },
        { "objective 'itm' is fed by nothing: its encoder needs TextEncoder", Pretraining with { Objectives = [Contrast, Matching with { Encoder = null }] } },
        { "objective 'itm' is fed by nothing: its head needs Head", Pretraining with { Objectives = [Contrast, Matching with { Head = null }] } },
        { "objective 'itm' is fed by nothing: its hard negatives needs Contrast", Pretraining with { Objectives = [Contrast, Matching with { HardNegatives = null }] } },
        { "objective 'lm' is fed by nothing: its decoder needs TextDecoder", Pretraining with { Objectives = [Language with { Decoder = null }] } },
        { "objective 'vqa' is fed by nothing: its decoder needs TextDecoder", Pretraining with { Objectives = [new AnswerLoss()] } },
        { "objective 'classification' is fed by nothing: its classifier needs Head", Pretraining with { Objectives = [new ClassificationLoss { Encoder = "text_encoder" }] } },
    };

    [Theory, MemberData(nameof(Impossible)), MemberData(nameof(ImpossibleObjectives))]
    public void Model_OfAnImpossibleComposition_IsRefusedByName(string expected, Composition composition) =>
        Assert.Contains(expected, Assert.Throws<CompositionException>(() => BlipModel.LayoutOf(composition)).Message, StringComparison.Ordinal);

    [Theory, InlineData("pretraining"), InlineData("captioner"), InlineData("filter"), InlineData("vqa"), InlineData("nlvr"), InlineData("visdial")]
    public void Validate_OfEachFamily_Passes(string family)
    {
        var composition = Families.Compose(new ModelSpec { Family = family });
        composition.Validate();
        Assert.NotEmpty(composition.Objectives);
    }

    private static Composition Of(Part[] parts) => CompositionTests.Of(parts);
}
