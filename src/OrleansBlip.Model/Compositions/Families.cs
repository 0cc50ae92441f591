using OrleansBlip.Model.Objectives;

namespace OrleansBlip.Model.Compositions;

/// <summary>The model families of BLIP as compositions.</summary>
public static class Families
{
    /// <summary>The composition of <see cref="ModelSpec.Family"/>.</summary>
    /// <exception cref="ArgumentException">The family is unknown; the message lists those known.</exception>
    public static Composition Compose(ModelSpec spec) => spec.Family switch
    {
        "pretraining" => Pretraining(spec),
        "captioner" => Captioner(spec),
        "filter" => Filter(spec),
        "vqa" => QuestionAnswering(spec),
        "nlvr" => VisualReasoning(spec),
        "visdial" => VisualDialogue(spec),
        _ => throw new ArgumentException($"model.family '{spec.Family}' is unknown; known are pretraining, captioner, filter, vqa, nlvr, visdial.", nameof(spec)),
    };

    /// <summary>MED with all three objectives (BLIP §3.2).</summary>
    public static Composition Pretraining(ModelSpec spec) => new()
    {
        Name = "pretraining",
        Parts =
        [
            new VisionEncoder("visual_encoder", spec.Vision),
            new TextEncoder("text_encoder", spec.Text) { Image = "visual_encoder" },
            new Projection("vision_proj", "visual_encoder", spec.FeatureWidth) { InitialStandardDeviation = spec.ProjectionStandardDeviation },
            new Projection("text_proj", "text_encoder", spec.FeatureWidth) { InitialStandardDeviation = spec.ProjectionStandardDeviation },
            new Head("itm_head", "text_encoder", 2),
            new TextDecoder("text_decoder", spec.Text) { Source = "visual_encoder", Shares = new Sharing("text_encoder", spec.Sharing) },
        ],
        Momentum = ["visual_encoder", "vision_proj", "text_encoder", "text_proj"],
        Objectives =
        [
            new ContrastiveLoss { Image = "vision_proj", Text = "text_proj", InitialTemperature = spec.InitialTemperature },
            new MatchingLoss { Encoder = "text_encoder", Head = "itm_head", HardNegatives = "itc" },
            new LanguageModellingLoss { Decoder = "text_decoder", LabelSmoothing = spec.LabelSmoothing },
        ],
    };

    /// <summary>An image-grounded decoder finetuned by LM (BLIP §3.3; reference models/blip.py, BLIP_Decoder).</summary>
    public static Composition Captioner(ModelSpec spec) => new()
    {
        Name = "captioner",
        Parts =
        [
            new VisionEncoder("visual_encoder", spec.Vision),
            new TextDecoder("text_decoder", spec.Text) { Source = "visual_encoder" },
        ],
        Objectives = [new LanguageModellingLoss { Decoder = "text_decoder", PromptLength = spec.PromptLength, LabelSmoothing = spec.LabelSmoothing }],
    };

    /// <summary>An image-grounded encoder finetuned by ITC and ITM with image ids (BLIP §3.3; reference models/blip_retrieval.py). It filters and retrieves.</summary>
    public static Composition Filter(ModelSpec spec) => new()
    {
        Name = "filter",
        Parts =
        [
            new VisionEncoder("visual_encoder", spec.Vision),
            new TextEncoder("text_encoder", spec.Text) { Image = "visual_encoder" },
            new Projection("vision_proj", "visual_encoder", spec.FeatureWidth) { InitialStandardDeviation = spec.ProjectionStandardDeviation },
            new Projection("text_proj", "text_encoder", spec.FeatureWidth) { InitialStandardDeviation = spec.ProjectionStandardDeviation },
            new Head("itm_head", "text_encoder", 2),
        ],
        Momentum = ["visual_encoder", "vision_proj", "text_encoder", "text_proj"],
        Objectives =
        [
            new ContrastiveLoss { Image = "vision_proj", Text = "text_proj", ById = true, InitialTemperature = spec.InitialTemperature },
            new MatchingLoss { Encoder = "text_encoder", Head = "itm_head", HardNegatives = "itc", ById = true },
        ],
    };

    /// <summary>Questions read beside an image, and a decoder that answers them (BLIP §5.3; reference models/blip_vqa.py).</summary>
    public static Composition QuestionAnswering(ModelSpec spec) => new()
    {
        Name = "vqa",
        Parts =
        [
            new VisionEncoder("visual_encoder", spec.Vision),
            new TextEncoder("text_encoder", spec.Text) { Image = "visual_encoder" },
            new TextDecoder("text_decoder", spec.Text) { Source = "text_encoder" },
        ],
        Objectives = [new AnswerLoss { Decoder = "text_decoder", LabelSmoothing = spec.LabelSmoothing }],
    };

    /// <summary>Whether a sentence is true of two images (BLIP §5.4; reference models/blip_nlvr.py).</summary>
    public static Composition VisualReasoning(ModelSpec spec) => new()
    {
        Name = "nlvr",
        Parts =
        [
            new VisionEncoder("visual_encoder", spec.Vision),
            new TextEncoder("text_encoder", spec.Text) { Image = "visual_encoder", SeesTwoImages = true },
            new Classifier("cls_head", "text_encoder", spec.Text.Width, 2),
        ],
        Objectives = [new ClassificationLoss { Encoder = "text_encoder", Classifier = "cls_head" }],
    };

    /// <summary>
    /// Whether an answer, read at the end of its dialogue, is the true one of an image with a caption (BLIP §5.5): the dialogue's encoder sees the image's tokens
    /// and the caption's states in one sequence. The authors have not published their code; caption and dialogue share all but cross-attention here.
    /// </summary>
    public static Composition VisualDialogue(ModelSpec spec) => new()
    {
        Name = "visdial",
        Parts =
        [
            new VisionEncoder("visual_encoder", spec.Vision),
            new TextEncoder("caption_encoder", spec.Text) { ReadsContext = true },
            new JoinedTokens("context", "visual_encoder", "caption_encoder") { Width = spec.Text.Width },
            new TextEncoder("text_encoder", spec.Text) { Image = "context", Shares = new Sharing("caption_encoder", SharedLayers.AllButCrossAttention) },
            new Head("itm_head", "text_encoder", 2),
        ],
        Objectives = [new ClassificationLoss("itm") { Encoder = "text_encoder", Classifier = "itm_head" }],
    };
}
