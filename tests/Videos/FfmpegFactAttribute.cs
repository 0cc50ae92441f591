namespace OrleansBlip.Videos;

/// <summary>A fact that needs the program ffmpeg: skipped, saying so, where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FfmpegFactAttribute : FactAttribute
{
    public FfmpegFactAttribute() => Skip = TestClips.MissingReason;
}
