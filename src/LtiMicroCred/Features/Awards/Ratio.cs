using System.Numerics;

namespace LtiMicroCred.Features.Awards;

/// <summary>An exact fraction of whole numbers, not reduced: decimals of 28 digits overflow or round where two of them are multiplied.</summary>
internal readonly record struct Ratio(BigInteger Over, BigInteger Under)
{
    public static Ratio Zero => new(0, 1);

    public static Ratio Of(decimal number)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(number, bits);
        var digits = ((BigInteger)(uint)bits[2] << 64) + ((BigInteger)(uint)bits[1] << 32) + (uint)bits[0];
        return new Ratio(number < 0 ? -digits : digits, BigInteger.Pow(10, (bits[3] >> 16) & 0xFF));
    }

    public static Ratio operator +(Ratio left, Ratio right) => new((left.Over * right.Under) + (right.Over * left.Under), left.Under * right.Under);

    public static Ratio operator *(Ratio left, Ratio right) => new(left.Over * right.Over, left.Under * right.Under);

    /// <exception cref="DivideByZeroException"/>
    public static Ratio operator /(Ratio left, Ratio right) => right.Over.IsZero ? throw new DivideByZeroException()
        : right.Over.Sign < 0 ? new Ratio(-left.Over * right.Under, -left.Under * right.Over) : new Ratio(left.Over * right.Under, left.Under * right.Over);

    public static bool operator >=(Ratio left, Ratio right) => left.Over * right.Under >= right.Over * left.Under;

    public static bool operator <=(Ratio left, Ratio right) => right >= left;
}
