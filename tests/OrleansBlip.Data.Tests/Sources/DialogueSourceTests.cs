using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Tests.Images;
using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Tests.Sources;

public sealed class DialogueSourceTests : IDisposable
{
    private const string TwoRounds = """
        {"image_id": 7, "caption": "a dark  thing", "dialog": [
            {"question": 0, "answer": 1, "answer_options": [0, 1, 3], "gt_index": 1}, {"question": 1, "answer": 3, "answer_options": [3, 4], "gt_index": 0, "relevance": [[]]}]}
        """;

    private const string Plain = """{"image_id": 5, "caption": "red", "dialog": [{"question": 2, "answer": 4, "answer_options": [4, 0], "gt_index": 0}]}""";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Open_Dialogues_HasAQuestionOfEachRoundInWhatWasSaid()
    {
        using var source = TestDialogues.Open(_folder, $"{TwoRounds}, {Plain}");
        Assert.Equal((2, 3), (source.PictureCount, source.PairCount));
        Assert.Equal([2, 1], Enumerable.Range(0, 2).Select(source.CaptionCount));
        var (first, second) = (source.ReadPicture(0), source.ReadPicture(1));
        Assert.Equal(("val2018/VisualDialog_val2018_000000000007.jpg", 7), (first.Key, first.ImageId));
        Assert.Equal(("train2014/COCO_train2014_000000000005.jpg", 5), (second.Key, second.ImageId));
        Assert.Equal(File.ReadAllBytes(_folder.File(first.Key)), source.ReadImage(0));
        Assert.Equal(["What colour is it?", "is it dark"], first.Captions.Select(caption => caption.Text));
        var rounds = first.Captions.Select(caption => caption.Round!).ToArray();
        Assert.All(rounds, round => Assert.Equal("a dark thing", round.Caption));
        Assert.Empty(rounds[0].History);
        Assert.Equal([("What colour is it?", "blue")], rounds[1].History);
        Assert.Equal(["red", "blue", "dark red"], rounds[0].Options);
        Assert.Equal([1, 0], rounds.Select(round => round.TrueOption));
        Assert.Equal(["blue", "dark red"], rounds.Select(round => round.Answer));
    }

    [Fact]
    public void Open_AFileWithAByteOrderMark_GivesTheSame()
    {
        var path = TestDialogues.Write(_folder, TestDialogues.Document($"{TwoRounds}, {Plain}"));
        File.WriteAllBytes(path, [0xEF, 0xBB, 0xBF, .. File.ReadAllBytes(path)]);
        using (var source = PairSources.Open(path))
        {
            Assert.Equal(["What colour is it?", "is it dark"], source.ReadPicture(0).Captions.Select(caption => caption.Text));
            Assert.Equal("where is it", Assert.Single(source.ReadPicture(1).Captions).Text);
        }
        File.WriteAllBytes(path, [0xEF, 0xBB, 0xBF, .. """[{"image": "val2018/VisualDialog_val2018_000000000007.jpg", "caption": "a thing"}]"""u8]);
        using var list = PairSources.Open(path);
        Assert.Equal("a thing", Assert.Single(list.ReadPicture(0).Captions).Text);
    }

    [Fact]
    public void Open_ListsBeforeDialogues_GivesTheSame()
    {
        var json = $$$"""{"data": {"answers": {{{TestDialogues.Answers}}}, "other": {"dialogs": 1}, "questions": {{{TestDialogues.Questions}}}, "dialogs": [{{{TwoRounds}}}]}}""";
        using var source = PairSources.Open(TestDialogues.Write(_folder, json), new PairSourceOptions { Source = CaptionSource.Human });
        Assert.Equal([("What colour is it?", CaptionSource.Human), ("is it dark", CaptionSource.Human)], source.ReadPicture(0).Captions.Select(caption => (caption.Text, caption.Source)));
    }

    [Fact]
    public void Open_TestSplit_HasNoPairOfTheLastRound()
    {
        using var source = TestDialogues.Open(_folder, """
            {"image_id": 5, "caption": "", "dialog": [{"question": 0, "answer": 1}, {"question": 1, "answer": 3}, {"question": 2, "answer_options": [0, 1, 2]}]}
            """);
        Assert.Equal(2, source.PairCount);
        Assert.All(source.ReadPicture(0).Captions, caption => Assert.Equal([caption.Round!.Answer], caption.Round.Options));
    }

    [Fact]
    public void Open_RoundWithoutWords_IsHistoryOnly()
    {
        using var source = TestDialogues.Open(_folder, """
            {"image_id": 5, "caption": "red", "dialog": [{"question": 3, "answer": 0}, {"question": 0, "answer": 5}, {"question": 1, "answer": 1}]}
            """);
        var only = Assert.Single(source.ReadPicture(0).Captions);
        Assert.Equal(("is it dark", 2), (only.Text, only.Round!.History.Count));
    }

    [Theory]
    [InlineData("""{"image_id": 6, "caption": "red", "dialog": []}""", "is no picture whose name ends in 000000000006. Put the pictures beside")]
    [InlineData("""{"caption": "red", "dialog": []}""", "there is no \"image_id\"")]
    [InlineData("""{"image_id": -5, "caption": "red", "dialog": []}""", "its \"image_id\" -5 is no whole number")]
    [InlineData("""{"image_id": "5", "caption": "red", "dialog": []}""", "its \"image_id\" 5 is no whole number")]
    [InlineData("""{"image_id": 5, "dialog": []}""", "there is no \"caption\"")]
    [InlineData("""{"image_id": 5, "caption": 1, "dialog": []}""", "its \"caption\" is no text")]
    [InlineData("""{"image_id": 5, "caption": "\ud800", "dialog": []}""", "Mend it")]
    [InlineData("""{"image_id": 5, "caption": "red"}""", "there is no \"dialog\"")]
    [InlineData("""{"image_id": 5, "caption": "red", "dialog": {}}""", "its \"dialog\" is no list")]
    [InlineData("""{"image_id": 5, "caption": "red", "dialog": [1]}""", "round 0: there is no \"question\"")]
    [InlineData("""{"image_id": 5, "caption": "red", "dialog": [{"answer": 0}]}""", "round 0: there is no \"question\"")]
    [InlineData("""{"image_id": 5, "caption": "red", "dialog": [{"question": 4}]}""", "round 0: 4 is no place in \"questions\", which has 4")]
    [InlineData("""{"image_id": 5, "caption": "red", "dialog": [{"question": 0, "answer": -1}]}""", "round 0: -1 is no place in \"answers\", which has 6")]
    [InlineData("""{"image_id": 5, "caption": "red", "dialog": [{"question": 0, "answer": "red"}]}""", "round 0: red is no place in \"answers\"")]
    [InlineData("""{"image_id": 5, "caption": "red", "dialog": [{"question": 0}, {"question": 0, "answer": 0}]}""", "round 0: there is no \"answer\"")]
    [InlineData("""{"image_id": 5, "caption": "red", "dialog": [{"question": 0, "answer": 0, "gt_index": 0}]}""", "round 0: there is no \"answer_options\"")]
    [InlineData("""{"image_id": 5, "caption": "red", "dialog": [{"question": 0, "answer": 0, "answer_options": 0, "gt_index": 0}]}""", "round 0: its \"answer_options\" is no list")]
    [InlineData("""{"image_id": 5, "caption": "red", "dialog": [{"question": 0, "answer": 0, "answer_options": [0, 1]}]}""", "round 0: there is no \"gt_index\"")]
    [InlineData("""{"image_id": 5, "caption": "red", "dialog": [{"question": 0, "answer": 0, "answer_options": [0, 6], "gt_index": 0}]}""", "round 0: 6 is no place in \"answers\"")]
    [InlineData("""{"image_id": 5, "caption": "red", "dialog": [{"question": 0, "answer": 0, "answer_options": [0, 1], "gt_index": 2}]}""", "round 0: 2 is no place in \"answer_options\", which has 2")]
    [InlineData("""{"image_id": 5, "caption": "red", "dialog": [{"question": 0, "answer": 0, "answer_options": [0, 1], "gt_index": 1}]}""", "round 0: \"gt_index\" 1 is the option \"blue\", and \"answer\" is \"red\"")]
    [InlineData("2", "there is no \"image_id\"")]
    public void Open_BadDialogue_NamesFileAndDialogueAndWhatIsWrong(string bad, string expected)
    {
        var message = Assert.Throws<DatasetException>(() => TestDialogues.Open(_folder, $"{TwoRounds}, {bad}")).Message;
        Assert.StartsWith($"'{_folder.File("visdial.json")}', dialogue 1: ", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"data": {"questions": [], "answers": [""", "VisDial")]
    [InlineData("""{"data": {"questions": [], "answers": [], "dialogs": []}}""", "its \"data\" has no \"dialogs\"")]
    [InlineData("""{"data": {"answers": [], "dialogs": [{}]}}""", "its \"data\" has no \"questions\"")]
    [InlineData("""{"data": {"questions": [], "dialogs": [{}]}}""", "its \"data\" has no \"answers\"")]
    [InlineData("""{"data": {"questions": [null], "answers": [], "dialogs": [{}]}}""", "null stands where a text")]
    [InlineData("""{"data": {"questions": [1], "answers": [], "dialogs": [{}]}}""", "VisDial")]
    [InlineData("""{"data": {"questions": {}, "answers": [], "dialogs": [{}]}}""", "is no list")]
    [InlineData("""{"data": {"questions": [], "answers": [], "dialogs": {}}}""", "its \"dialogs\" is no list")]
    [InlineData("""{"data": [1]}""", "its \"data\" has no \"questions\"")]
    [InlineData("""{"data": {"questions": [], "answers": [], "dialogs": [{}]}} 1""", "VisDial")]
    public void Open_NoSuchDocument_SaysWhatIsExpected(string json, string expected)
    {
        var message = Assert.Throws<DatasetException>(() => PairSources.Open(TestDialogues.Write(_folder, json))).Message;
        Assert.StartsWith($"'{_folder.File("visdial.json")}' is neither a JSON list", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_TwoPicturesOfOneNumber_NamesBoth()
    {
        File.WriteAllBytes(_folder.File("copy-000000000007.png"), []);
        var message = Assert.Throws<DatasetException>(() => TestDialogues.Open(_folder, TwoRounds)).Message;
        Assert.Contains("copy-000000000007.png", message, StringComparison.Ordinal);
        Assert.Contains("VisualDialog_val2018_000000000007.jpg", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_PictureTooLarge_SaysSo()
    {
        using (var file = File.Create(_folder.File("x000000000008.jpg"))) file.SetLength((20 << 20) + 1);
        Assert.Contains("exceed", Assert.Throws<DatasetException>(() => TestDialogues.Open(_folder, """{"image_id": 8, "caption": "", "dialog": []}""")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_PicturesElsewhere_AreFoundBelowTheRoot()
    {
        var path = TestDialogues.Write(_folder, TestDialogues.Document(TwoRounds));
        Directory.CreateDirectory(_folder.File("lists"));
        File.Move(path, _folder.File("lists", "visdial.json"));
        Assert.Throws<DatasetException>(() => PairSources.Open(_folder.File("lists", "visdial.json")));
        using var source = PairSources.Open(_folder.File("lists", "visdial.json"), new PairSourceOptions { ImageRoot = _folder.Path });
        Assert.Equal(2, source.PairCount);
    }

    [Fact]
    public void Digest_FollowsDialoguesAndPictures()
    {
        var digests = new List<string>();
        string[] all = [TwoRounds, TwoRounds, TwoRounds.Replace("1, 3]", "1, 4]", StringComparison.Ordinal), TwoRounds.Replace("dark", "red", StringComparison.Ordinal), $"{TwoRounds}, {Plain}"];
        foreach (var dialogues in all)
        {
            using var source = TestDialogues.Open(_folder, dialogues);
            digests.Add(source.Digest);
        }
        File.WriteAllBytes(_folder.File("train2014", "COCO_train2014_000000000005.jpg"), TestPictures.Encode(8, 8, 77));
        using (var changed = PairSources.Open(_folder.File("visdial.json"))) digests.Add(changed.Digest);
        Assert.Equal(digests[0], digests[1]);
        Assert.Equal(5, digests.Distinct().Count());
    }

    [Fact]
    public void Read_FileThatChangedSince_SaysSo()
    {
        using var source = TestDialogues.Open(_folder, TwoRounds);
        using (var file = File.Open(_folder.File("visdial.json"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(70);
        Assert.Contains("became shorter", Assert.Throws<DatasetException>(() => source.ReadPicture(0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_VocabularyOfDialogues_KnowsCaptionsQuestionsAndAnswers()
    {
        const string json = """
            {"data": {"questions": ["zebra zebra"], "answers": ["yak yak", "gnu gnu"], "dialogs": [
                {"image_id": 5, "caption": "ibex ibex", "dialog": [{"question": 0, "answer": 0, "answer_options": [0, 1], "gt_index": 0}]}]}}
            """;
        using var source = PairSources.Open(TestDialogues.Write(_folder, json));
        var trainer = new VocabularyTrainer();
        trainer.Add(source);
        var pieces = trainer.Train(200).Pieces;
        Assert.All(["zebra", "yak", "ibex"], word => Assert.Contains(word, pieces));
        Assert.DoesNotContain("gnu", pieces);
    }

    public void Dispose() => _folder.Dispose();
}
