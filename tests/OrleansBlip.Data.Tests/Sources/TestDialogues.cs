using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Tests.Images;

namespace OrleansBlip.Data.Tests.Sources;

/// <summary>Dialogues as VisDial writes them, and their pictures, in a test's folder.</summary>
internal static class TestDialogues
{
    public const string Questions = """["What colour is it?", "is it dark", "where is it", " "]""";
    public const string Answers = """["red", "blue", "Red.", "dark red", "on the left one", ""]""";

    public static string Document(string dialogues) =>
        $$$"""{"version": "1.0", "split": "train", "data": {"dialogs": [{{{dialogues}}}], "questions": {{{Questions}}}, "answers": {{{Answers}}}}}""";

    /// <summary>Writes the file and pictures 5 and 7, in two folders.</summary>
    public static string Write(TemporaryFolder folder, string json)
    {
        foreach (var (name, red) in new[] { ("COCO_train2014_000000000005.jpg", 0), ("VisualDialog_val2018_000000000007.jpg", 200) })
        {
            Directory.CreateDirectory(folder.File(name.Split('_')[1]));
            File.WriteAllBytes(folder.File(name.Split('_')[1], name), TestPictures.Encode(8, 8, (byte)red));
        }
        File.WriteAllText(folder.File("visdial.json"), json);
        return folder.File("visdial.json");
    }

    public static PairSource Open(TemporaryFolder folder, string dialogues) => PairSources.Open(Write(folder, Document(dialogues)));
}
