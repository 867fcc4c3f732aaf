using System.Text;
using Microsoft.Extensions.Primitives;

namespace LtiMicroCred.Lti;

/// <summary>Reads parameters that may be sent once at most and no longer, in UTF-8 bytes, than asked for.</summary>
internal static class SingleParameter
{
    public static string? Read(StringValues values, string name, int maxBytes, LtiError error)
    {
        if (values.Count > 1)
            throw new LtiException(error, $"{name} was sent {values.Count} times") { Expected = "once", Spec = "RFC 6749 3.1" };

        var value = values.Count == 0 ? null : values[0];
        if (value is not null && Encoding.UTF8.GetByteCount(value) > maxBytes)
            throw new LtiException(error, $"{name} is longer than {maxBytes} bytes") { Expected = $"at most {maxBytes} bytes" };

        return value;
    }
}
