namespace OrleansBlip.Grains.DataPlane;

/// <summary>What a frame of the data plane says. Numbers are on the wire.</summary>
internal enum FrameKind : byte
{
    /// <summary>Caller's first word: its ticket.</summary>
    Hello = 1,

    /// <summary>A gradient block; its numbers follow.</summary>
    Push = 2,

    /// <summary>A version is asked for.</summary>
    Pull = 3,

    /// <summary>What became of a pushed block.</summary>
    PushAnswer = 4,

    /// <summary>How a pull ended; where the version was found, its numbers follow.</summary>
    PullAnswer = 5,

    /// <summary>The answer is still being made.</summary>
    Wait = 6,

    /// <summary>A shard's sum of a step for its backup; its numbers follow.</summary>
    Sum = 7,

    /// <summary>What became of a sum.</summary>
    SumAnswer = 8,
}
