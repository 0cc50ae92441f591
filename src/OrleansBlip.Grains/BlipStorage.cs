namespace OrleansBlip.Grains;

/// <summary>The grain storage that the silo provides.</summary>
public static class BlipStorage
{
    /// <summary>The provider's name.</summary>
    public const string Name = "blip";
}
