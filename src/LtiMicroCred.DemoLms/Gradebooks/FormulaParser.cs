using System.Globalization;

namespace LtiMicroCred.DemoLms;

/// <summary>Recursive descent: comparison, then + -, then * /, then sign, then number, reference, call or parentheses.</summary>
internal sealed class FormulaParser(string text)
{
    private const int MaxLength = 1000;
    private const int MaxDepth = 32;

    private static readonly string[] Comparisons = ["<=", ">=", "<>", "!=", "==", "<", ">", "="];
    private static readonly string[] Sums = ["+", "-"];
    private static readonly string[] Products = ["*", "/"];
    private static readonly string[] Functions = ["if", "sum", "average", "min", "max"];

    private readonly HashSet<string> references = new(StringComparer.Ordinal);
    private int at;
    private int depth;

    public Formula Parse()
    {
        if (text.Length > MaxLength)
            throw new GradebookException($"A calculation has up to {MaxLength} characters.");
        if (!TryTake("="))
            throw new GradebookException("A calculation begins with =.");
        var root = Comparison();
        SkipSpace();
        if (at < text.Length)
            throw Mistake($"“{text[at]}” does not belong here");
        return new Formula(root, references);
    }

    private Expression Comparison() => LeftToRight(Comparisons, Sum);

    private Expression Sum() => LeftToRight(Sums, Product);

    private Expression Product() => LeftToRight(Products, Signed);

    private Expression LeftToRight(string[] signs, Func<Expression> operand)
    {
        var left = operand();
        while (Array.Find(signs, TryTake) is { } sign)
            left = new Operation(sign, left, operand());
        return left;
    }

    private Expression Signed()
    {
        if (++depth > MaxDepth)
            throw Mistake("parts are nested too deeply");
        var expression = TryTake("-") ? new Negation(Signed()) : Primary();
        depth--;
        return expression;
    }

    private Expression Primary()
    {
        if (TryTake("[["))
            return ReadReference();
        if (TryTake("("))
        {
            var inner = Comparison();
            Expect(")");
            return inner;
        }
        SkipSpace();
        if (at == text.Length)
            throw Mistake("something is missing at the end");
        if (char.IsAsciiDigit(text[at]) || text[at] == '.')
            return ReadNumber();
        if (char.IsAsciiLetter(text[at]))
            return ReadCall();
        throw Mistake($"“{text[at]}” does not belong here");
    }

    private Reference ReadReference()
    {
        var end = text.IndexOf("]]", at, StringComparison.Ordinal);
        if (end < 0)
            throw Mistake("]] is missing");
        var idNumber = text[at..end].Trim();
        if (idNumber.Length == 0)
            throw Mistake("an ID number is missing between [[ and ]]");
        at = end + 2;
        references.Add(idNumber);
        return new Reference(idNumber);
    }

    private Number ReadNumber()
    {
        var digits = TakeWhile(sign => char.IsAsciiDigit(sign) || sign == '.');
        return decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
            ? new Number(amount)
            : throw Mistake($"“{digits}” is not a number");
    }

    private Call ReadCall()
    {
        var name = TakeWhile(char.IsAsciiLetter).ToLowerInvariant();
        if (!Functions.Contains(name, StringComparer.Ordinal))
            throw Mistake($"there is no function “{name}”");
        Expect("(");
        var arguments = new List<Expression> { Comparison() };
        while (TryTake(",") || TryTake(";"))
            arguments.Add(Comparison());
        Expect(")");
        if (name == "if" && arguments.Count != 3)
            throw Mistake("if wants a condition and two values");
        return new Call(name, arguments);
    }

    private string TakeWhile(Func<char, bool> wanted)
    {
        var start = at;
        while (at < text.Length && wanted(text[at]))
            at++;
        return text[start..at];
    }

    private void Expect(string sign)
    {
        if (!TryTake(sign))
            throw Mistake($"{sign} is missing");
    }

    private bool TryTake(string sign)
    {
        SkipSpace();
        if (string.CompareOrdinal(text, at, sign, 0, sign.Length) != 0)
            return false;
        at += sign.Length;
        return true;
    }

    private void SkipSpace()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
            at++;
    }

    private GradebookException Mistake(string what) => new($"The calculation has a mistake at character {at + 1}: {what}.");
}
