using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace LtiMicroCred.Features.About;

/// <summary>The front page: what this server is, and a field to check a credential's code.</summary>
internal sealed class HomeModel : PageModel
{
    private const int CodeLetters = 16;

    /// <summary>A credential's code as somebody typed or pasted it, or the whole address.</summary>
    [FromQuery(Name = "q")]
    public string? Typed { get; set; }

    public bool NotACode { get; private set; }

    public IActionResult OnGet()
    {
        if (string.IsNullOrWhiteSpace(Typed))
            return Page();
        if (ReadCode(Typed) is { } code)
            return Redirect($"{Request.PathBase}/c/{code}");
        NotACode = true;
        return Page();
    }

    /// <summary>Crockford's base 32 forgives: case, separators, O for 0, I and L for 1. Null for what is no code.</summary>
    public static string? ReadCode(string typed)
    {
        var start = typed.LastIndexOf("/c/", StringComparison.OrdinalIgnoreCase);
        var letters = string.Concat((start < 0 ? typed : typed[(start + 3)..])
            .Where(c => c != '-' && !char.IsWhiteSpace(c))
            .Select(c => char.ToUpperInvariant(c) switch { 'O' => '0', 'I' or 'L' => '1', var letter => letter }));
        return letters.Length == CodeLetters && letters.All(char.IsAsciiLetterOrDigit)
            ? $"{letters[..4]}-{letters[4..8]}-{letters[8..12]}-{letters[12..]}"
            : null;
    }
}
