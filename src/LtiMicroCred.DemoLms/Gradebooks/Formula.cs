namespace LtiMicroCred.DemoLms;

/// <summary>
/// A calculation such as <c>=if([[quiz1]]>=60,100,0)</c>: numbers, + - * /, parentheses, comparisons (1 or 0), if, sum, average, min,
/// max, and other columns by ID number. Arguments are parted by comma or semicolon.
/// </summary>
internal sealed class Formula
{
    private readonly Expression root;

    internal Formula(Expression root, IReadOnlySet<string> references)
    {
        this.root = root;
        References = references;
    }

    /// <summary>The ID numbers it reads.</summary>
    public IReadOnlySet<string> References { get; }

    /// <exception cref="GradebookException">Says what is wrong and where.</exception>
    public static Formula Parse(string text) => new FormulaParser(text).Parse();

    /// <summary>An empty grade counts as 0 as long as at least one input has a grade; with none, and on division by 0, there is no result.</summary>
    public decimal? Evaluate(Func<string, decimal?> gradeOf)
    {
        var inputs = References.ToDictionary(idNumber => idNumber, gradeOf, StringComparer.Ordinal);
        if (inputs.Count > 0 && inputs.Values.All(points => points is null))
            return null;
        try
        {
            return root.Value(idNumber => inputs[idNumber] ?? 0);
        }
        catch (ArithmeticException)
        {
            return null;
        }
    }
}

internal abstract record Expression
{
    public abstract decimal Value(Func<string, decimal> gradeOf);
}

internal sealed record Number(decimal Amount) : Expression
{
    public override decimal Value(Func<string, decimal> gradeOf) => Amount;
}

internal sealed record Reference(string IdNumber) : Expression
{
    public override decimal Value(Func<string, decimal> gradeOf) => gradeOf(IdNumber);
}

internal sealed record Negation(Expression Inner) : Expression
{
    public override decimal Value(Func<string, decimal> gradeOf) => -Inner.Value(gradeOf);
}

internal sealed record Operation(string Sign, Expression Left, Expression Right) : Expression
{
    public override decimal Value(Func<string, decimal> gradeOf)
    {
        var (left, right) = (Left.Value(gradeOf), Right.Value(gradeOf));
        return Sign switch
        {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "/" => left / right,
            "<" => left < right ? 1 : 0,
            "<=" => left <= right ? 1 : 0,
            ">" => left > right ? 1 : 0,
            ">=" => left >= right ? 1 : 0,
            "=" or "==" => left == right ? 1 : 0,
            "<>" or "!=" => left != right ? 1 : 0,
            _ => throw new InvalidOperationException($"'{Sign}' is no operation."),
        };
    }
}

internal sealed record Call(string Function, IReadOnlyList<Expression> Arguments) : Expression
{
    public override decimal Value(Func<string, decimal> gradeOf) => Function switch
    {
        // Only the chosen branch is looked at, so that it can guard against division by zero.
        "if" => (Arguments[0].Value(gradeOf) != 0 ? Arguments[1] : Arguments[2]).Value(gradeOf),
        "sum" => Arguments.Sum(argument => argument.Value(gradeOf)),
        "average" => Arguments.Average(argument => argument.Value(gradeOf)),
        "min" => Arguments.Min(argument => argument.Value(gradeOf)),
        "max" => Arguments.Max(argument => argument.Value(gradeOf)),
        _ => throw new InvalidOperationException($"'{Function}' is no function."),
    };
}
