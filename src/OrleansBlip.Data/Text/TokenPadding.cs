namespace OrleansBlip.Data.Text;

/// <summary>How far the texts of a batch are padded.</summary>
public enum TokenPadding
{
    /// <summary>To the longest text of the batch, at most to the maximum.</summary>
    Longest,

    /// <summary>To the maximum, whatever their lengths.</summary>
    MaxLength,
}
