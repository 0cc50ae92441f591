namespace OrleansBlip.Protocol.Steps;

/// <summary>
/// A node of the fixed tree in which slot gradients are summed: it covers the slots from <see cref="Index"/>·2^<see cref="Level"/> on, 2^<see cref="Level"/>
/// of them or as many as there are.
/// </summary>
[GenerateSerializer, Immutable, Alias("blip.TreeNode")]
public readonly record struct TreeNode([property: Id(0)] int Level, [property: Id(1)] int Index);
