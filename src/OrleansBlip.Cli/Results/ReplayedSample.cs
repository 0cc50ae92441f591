using OrleansBlip.Data.Sources;

namespace OrleansBlip.Cli.Results;

/// <summary>A sample of a step that was computed once more, as one finds it in the data set.</summary>
/// <param name="Id">Its number as a pair of the data set, from 0.</param>
/// <param name="Picture">The picture's key.</param>
/// <param name="Text">The caption, question or sentence, before it is varied.</param>
internal sealed record ReplayedSample(long Id, string Picture, string Text)
{
    public static ReplayedSample Of(PairSource source, long id)
    {
        var place = source.Locate((int)id);
        var picture = source.ReadPicture(place.Picture);
        return new(id, picture.Key, picture.Captions[place.Caption].Text);
    }
}
