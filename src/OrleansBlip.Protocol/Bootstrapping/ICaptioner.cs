namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>A device that writes captions. Key: <see cref="InferenceDevice.CaptionerKey"/>; pinned to the node.</summary>
[Alias("blip.ICaptioner"), GrainInterfaceType("blip.ICaptioner")]
public interface ICaptioner : IGrainWithStringKey
{
    /// <summary>Writes a text for each picture of a range: some seconds of work, but a large model on a CPU may need minutes. The same lease gives the same texts on every device.</summary>
    [Alias("Caption"), ResponseTimeout("00:10:00")]
    Task<CaptionBlock> Caption(CaptionLease lease);

    /// <summary>Frees the model that the last lease loaded.</summary>
    [Alias("Close")]
    Task Close();
}
