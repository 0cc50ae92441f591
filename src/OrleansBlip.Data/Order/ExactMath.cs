namespace OrleansBlip.Data.Order;

/// <summary>
/// Elementary functions from + − × ÷ alone, which IEEE 754 rounds alike everywhere; the system's own differ in the last bit from one C library to
/// the next, and so would the data. Relative error below 1e-13 (sine and cosine: absolute).
/// </summary>
public static class ExactMath
{
    private const double Ln2 = 0.693147180559945309;

    /// <summary>The natural logarithm of a positive, finite number.</summary>
    public static double Log(double value)
    {
        if (!(value > 0) || double.IsInfinity(value))
            throw new ArgumentOutOfRangeException(nameof(value), value, "The logarithm needs a positive, finite number.");
        var exponent = Math.ILogB(value);
        var mantissa = Math.ScaleB(value, -exponent);
        if (mantissa > 1.41421356237309505)
        {
            mantissa /= 2;
            exponent++;
        }
        // ln m = 2 artanh((m − 1)/(m + 1)); |s| ≤ 0.172, so s²ⁿ falls below 2⁻⁵³ within 11 terms.
        var s = (mantissa - 1) / (mantissa + 1);
        var square = s * s;
        var sum = 0.0;
        for (var odd = 23; odd >= 1; odd -= 2)
            sum = sum * square + 1.0 / odd;
        return 2 * s * sum + exponent * Ln2;
    }

    /// <summary>e to a power in [−700, 700].</summary>
    public static double Exp(double power)
    {
        if (!(Math.Abs(power) <= 700))
            throw new ArgumentOutOfRangeException(nameof(power), power, "The exponential is defined for [-700, 700] here.");
        var exponent = (int)Math.Round(power / Ln2);
        var rest = power - exponent * Ln2;
        var sum = 1.0;
        for (var n = 18; n >= 1; n--)
            sum = 1 + sum * rest / n;
        return Math.ScaleB(sum, exponent);
    }

    /// <summary>The sine of an angle in [−π, π].</summary>
    public static double Sin(double angle)
    {
        CheckAngle(angle);
        var square = angle * angle;
        var sum = 1.0;
        for (var n = 26; n >= 2; n -= 2)
            sum = 1 - sum * square / (n * (n + 1));
        return angle * sum;
    }

    /// <summary>The cosine of an angle in [−π, π].</summary>
    public static double Cos(double angle)
    {
        CheckAngle(angle);
        var square = angle * angle;
        var sum = 1.0;
        for (var n = 25; n >= 1; n -= 2)
            sum = 1 - sum * square / (n * (n + 1));
        return sum;
    }

    private static void CheckAngle(double angle)
    {
        if (!(Math.Abs(angle) <= 3.1415926535897936))
            throw new ArgumentOutOfRangeException(nameof(angle), angle, "Angles are -π to π here.");
    }
}
