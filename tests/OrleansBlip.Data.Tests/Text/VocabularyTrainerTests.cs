using CsCheck;
using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Tests.Text;

public class VocabularyTrainerTests
{
    private static readonly string[] Captions = ["a red circle", "a blue square above a red circle", "the red square", "a circle", "square dance"];

    [Fact]
    public void Train_WithRoom_SpellsFrequentWordsWholeAndDropsTheStepsToThem()
    {
        var vocabulary = Train(Captions, 200);
        Assert.Equal("[PAD] [UNK] [CLS] [SEP] [DEC] [ENC]", string.Join(' ', vocabulary.Pieces.Take(6)));
        Assert.Contains("circle", vocabulary.Pieces);
        Assert.Contains("square", vocabulary.Pieces);
        Assert.DoesNotContain("circl", vocabulary.Pieces);
        Assert.DoesNotContain("##ircle", vocabulary.Pieces);
        var tokenizer = new CaptionTokenizer(vocabulary);
        Assert.Equal(["a", "red", "circle"], tokenizer.Encode("A RED circle").Select(id => vocabulary.Pieces[id]));
    }

    [Fact]
    public void Train_SameCaptionsInAnotherOrder_GivesTheSameVocabulary() =>
        Gen.Shuffle(Captions).Sample(captions => Train(captions, 60).Sha256 == Train(Captions, 60).Sha256);

    [Fact]
    public void Train_AnySize_SpellsEveryWordAndKeepsTheSize() =>
        Gen.Int[60, 200].Sample(size =>
        {
            var vocabulary = Train(Captions, size);
            var tokenizer = new CaptionTokenizer(vocabulary);
            return vocabulary.Count <= size && Captions.All(caption =>
                !tokenizer.Encode(caption).Contains(vocabulary.Unknown) && tokenizer.Decode([.. tokenizer.Encode(caption)]) == caption);
        }, iter: 50);

    [Fact]
    public void Train_NoCaption_Throws() => Assert.Throws<DatasetException>(() => Train([], 100));

    [Fact]
    public void Save_ThenLoad_GivesTheSameVocabulary()
    {
        using var folder = new TemporaryFolder();
        var vocabulary = Train(Captions, 60);
        vocabulary.Save(folder.File("vocab.txt"));
        Assert.Equal(vocabulary.Pieces, Vocabulary.Load(folder.File("vocab.txt")).Pieces);
        Assert.Equal(vocabulary.Sha256, Vocabulary.Load(folder.File("vocab.txt")).Sha256);
    }

    [Fact]
    public void Load_WithoutSpecialTokensOrWithDuplicates_SaysWhich()
    {
        Assert.Contains("[CLS]", Assert.Throws<DatasetException>(() => new Vocabulary(["[PAD]", "[UNK]", "a"])).Message, StringComparison.Ordinal);
        Assert.Contains("'a'", Assert.Throws<DatasetException>(() => new Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "a"])).Message, StringComparison.Ordinal);
    }

    private static Vocabulary Train(IEnumerable<string> captions, int size)
    {
        var trainer = new VocabularyTrainer();
        foreach (var caption in captions)
            trainer.Add(caption);
        return trainer.Train(size);
    }
}
