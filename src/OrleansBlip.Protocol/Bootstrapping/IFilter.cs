namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>A device that says how well texts fit their pictures. Key: <see cref="InferenceDevice.FilterKey"/>; pinned to the node.</summary>
[Alias("blip.IFilter"), GrainInterfaceType("blip.IFilter")]
public interface IFilter : IGrainWithStringKey
{
    /// <summary>Scores all texts of a range of pictures: some seconds of work, but a large model on a CPU may need minutes. The same lease gives the same scores on every device.</summary>
    [Alias("Score"), ResponseTimeout("00:10:00")]
    Task<ScoreBlock> Score(ScoreLease lease);

    /// <summary>Frees the model that the last lease loaded.</summary>
    [Alias("Close")]
    Task Close();
}
