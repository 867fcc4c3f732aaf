using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LtiMicroCred.Lti;

internal static class JwtSigner
{
    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    public static string Sign(ReadOnlyMemory<byte> payload, SigningKey key)
    {
        var security = new RsaSecurityKey(key.Key)
        {
            KeyId = key.KeyId,
            // A cached provider would outlive the host's RSA object.
            CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false },
        };
        return Handler.CreateToken(Encoding.UTF8.GetString(payload.Span), new SigningCredentials(security, SecurityAlgorithms.RsaSha256));
    }
}
