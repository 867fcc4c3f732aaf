using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace LtiMicroCred.Features.Keys;

/// <summary>
/// A certificate as the master key: 32 bytes derived (RFC 5869) from the private number of its RSA or EC key. A certificate that is renewed with the same private key gives
/// the same bytes; one with another key cannot open what was sealed before. How long it is valid does not matter.
/// </summary>
internal static class KeyCertificate
{
    private const int KeyBytes = 32;

    /// <exception cref="SettingsException">The file cannot be read, or holds no private key of these kinds.</exception>
    public static byte[] Read(string path, string? passwordFile)
    {
        try
        {
            var password = passwordFile is null ? null : File.ReadAllText(passwordFile).TrimEnd('\r', '\n');
            using var certificate = Load(path, password);
            return HKDF.DeriveKey(HashAlgorithmName.SHA256, PrivateNumber(certificate) ?? throw Wrong(path, "holds no certificate with an RSA or EC private key"), KeyBytes, info: "LtiMicroCred master key"u8.ToArray());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Wrong(path, $"cannot be read: {exception.Message} If it has a password, name the password's file in LtiMicroCred:Keys:CertificatePasswordFile");
        }
    }

    private static X509Certificate2 Load(string path, string? password)
    {
        if (!File.ReadAllBytes(path).AsSpan().StartsWith("-----"u8))
            return X509CertificateLoader.LoadPkcs12FromFile(path, password, X509KeyStorageFlags.EphemeralKeySet | X509KeyStorageFlags.Exportable);
        return password is null ? X509Certificate2.CreateFromPemFile(path) : X509Certificate2.CreateFromEncryptedPemFile(path, password);
    }

    private static byte[]? PrivateNumber(X509Certificate2 certificate)
    {
        using var rsa = certificate.GetRSAPrivateKey();
        if (rsa is not null)
            return rsa.ExportParameters(includePrivateParameters: true).D;
        using var ec = certificate.GetECDsaPrivateKey();
        return ec?.ExportParameters(includePrivateParameters: true).D;
    }

    private static SettingsException Wrong(string path, string why) =>
        new($"The setting LtiMicroCred:Keys:CertificatePath names '{path}', which {why}. Example: LtiMicroCred__Keys__CertificatePath=/etc/ltimicrocred/keys.pem");
}
