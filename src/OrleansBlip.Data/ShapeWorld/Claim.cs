namespace OrleansBlip.Data.ShapeWorld;

/// <summary>A caption's meaning.</summary>
/// <param name="Mentions">Objects, in the order in which the caption names them.</param>
/// <param name="Related">Which mention stands how to which other, if the caption says so.</param>
/// <param name="ObjectCount">How many objects there are in all, if the caption says so.</param>
internal sealed record Claim(IReadOnlyList<Mention> Mentions, (int Subject, SpatialRelation Relation, int Other)? Related, int? ObjectCount)
{
    /// <summary>
    /// Whether the scene bears the claim out: mentions of one object can be given to different objects that fit them and stand in the stated relation, and
    /// counts are exact. "The" says no more than "a".
    /// </summary>
    public bool IsTrueOf(Scene scene)
    {
        if (ObjectCount is { } count && count != scene.Objects.Length)
            return false;
        foreach (var mention in Mentions)
        {
            if (mention.ExactCount is { } exact && scene.Objects.Count(mention.Fits) != exact)
                return false;
        }
        return CanAssign(scene, 0, new SceneObject?[Mentions.Count]);
    }

    private bool CanAssign(Scene scene, int next, SceneObject?[] assigned)
    {
        if (next == Mentions.Count)
            return Related is not var (subject, relation, other) || relation.Holds(assigned[subject]!, assigned[other]!);
        if (Mentions[next].IsPlural)
            return CanAssign(scene, next + 1, assigned);
        foreach (var item in scene.Objects)
        {
            // By reference: two objects of a scene may be equal.
            if (!Mentions[next].Fits(item) || assigned.Any(taken => ReferenceEquals(taken, item)))
                continue;
            assigned[next] = item;
            if (CanAssign(scene, next + 1, assigned))
                return true;
            assigned[next] = null;
        }
        return false;
    }
}
