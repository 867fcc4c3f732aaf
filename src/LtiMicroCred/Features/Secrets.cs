using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace LtiMicroCred.Features;

/// <summary>Secrets that travel in links and cookies: 256 bits from the CSPRNG; the database keeps only their hash.</summary>
internal static class Secrets
{
    /// <returns>43 characters of base64url.</returns>
    public static string New() => WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));

    /// <returns>64 lower-case hexadecimal digits.</returns>
    public static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>An id that tells nothing, not even when it was made.</summary>
    public static Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40); // RFC 9562, version 4
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>The public code of a credential: 80 bits in Crockford's base 32, as XXXX-XXXX-XXXX-XXXX.</summary>
    public static string NewCode()
    {
        const string alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        var code = new StringBuilder(19);
        for (var i = 0; i < 16; i++)
        {
            if (i > 0 && i % 4 == 0)
                code.Append('-');
            code.Append(alphabet[bytes[i] & 31]);
        }

        return code.ToString();
    }
}
