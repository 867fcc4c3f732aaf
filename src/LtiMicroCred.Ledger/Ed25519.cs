using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace LtiMicroCred.Ledger;

/// <summary>Signatures of RFC 8032 by OpenSSL 3, which .NET on Linux needs anyway; .NET itself has none.</summary>
internal static partial class Ed25519
{
    public const int KeySize = 32;
    public const int SignatureSize = 64;

    private const string Crypto = "libcrypto.so.3";
    private const int TypeEd25519 = 1087; // EVP_PKEY_ED25519

    public static byte[] PublicKey(ReadOnlySpan<byte> seed)
    {
        using var key = NewPrivateKey(TypeEd25519, IntPtr.Zero, Checked(seed), KeySize);
        var publicKey = new byte[KeySize];
        nuint length = KeySize;
        return !key.IsInvalid && GetPublicKey(key, publicKey, ref length) == 1 && length == KeySize ? publicKey : throw Failed();
    }

    public static byte[] Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message)
    {
        using var key = NewPrivateKey(TypeEd25519, IntPtr.Zero, Checked(seed), KeySize);
        using var context = NewContext();
        var signature = new byte[SignatureSize];
        nuint length = SignatureSize;

        // No digest: Ed25519 hashes by itself, in one go.
        var done = !key.IsInvalid && !context.IsInvalid && SignInit(context, IntPtr.Zero, IntPtr.Zero, IntPtr.Zero, key) == 1
            && Sign(context, signature, ref length, message, (nuint)message.Length) == 1 && length == SignatureSize;
        return done ? signature : throw Failed();
    }

    /// <summary>False for a wrong signature and for a public key that is none.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureSize)
            return false;

        using var key = NewPublicKey(TypeEd25519, IntPtr.Zero, Checked(publicKey), KeySize);
        using var context = NewContext();
        if (context.IsInvalid)
            throw Failed();
        var good = !key.IsInvalid && VerifyInit(context, IntPtr.Zero, IntPtr.Zero, IntPtr.Zero, key) == 1
            && Verify(context, signature, SignatureSize, message, (nuint)message.Length) == 1;
        ClearErrors();
        return good;
    }

    // OpenSSL would read beyond a shorter one.
    private static ReadOnlySpan<byte> Checked(ReadOnlySpan<byte> key) =>
        key.Length == KeySize ? key : throw new ArgumentException($"an Ed25519 key has {KeySize} bytes, not {key.Length}", nameof(key));

    private static CryptographicException Failed()
    {
        ClearErrors();
        return new CryptographicException("OpenSSL could not work with an Ed25519 key");
    }

    [LibraryImport(Crypto, EntryPoint = "EVP_PKEY_new_raw_private_key")]
    private static partial KeyHandle NewPrivateKey(int type, IntPtr engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Crypto, EntryPoint = "EVP_PKEY_new_raw_public_key")]
    private static partial KeyHandle NewPublicKey(int type, IntPtr engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Crypto, EntryPoint = "EVP_PKEY_get_raw_public_key")]
    private static partial int GetPublicKey(KeyHandle key, Span<byte> publicKey, ref nuint length);

    [LibraryImport(Crypto, EntryPoint = "EVP_MD_CTX_new")]
    private static partial ContextHandle NewContext();

    [LibraryImport(Crypto, EntryPoint = "EVP_DigestSignInit")]
    private static partial int SignInit(ContextHandle context, IntPtr keyContext, IntPtr digest, IntPtr engine, KeyHandle key);

    [LibraryImport(Crypto, EntryPoint = "EVP_DigestSign")]
    private static partial int Sign(ContextHandle context, Span<byte> signature, ref nuint length, ReadOnlySpan<byte> message, nuint messageLength);

    [LibraryImport(Crypto, EntryPoint = "EVP_DigestVerifyInit")]
    private static partial int VerifyInit(ContextHandle context, IntPtr keyContext, IntPtr digest, IntPtr engine, KeyHandle key);

    [LibraryImport(Crypto, EntryPoint = "EVP_DigestVerify")]
    private static partial int Verify(ContextHandle context, ReadOnlySpan<byte> signature, nuint length, ReadOnlySpan<byte> message, nuint messageLength);

    [LibraryImport(Crypto, EntryPoint = "EVP_PKEY_free")]
    private static partial void FreeKey(IntPtr key);

    [LibraryImport(Crypto, EntryPoint = "EVP_MD_CTX_free")]
    private static partial void FreeContext(IntPtr context);

    // A refused signature leaves its reason in the thread's queue, where the next TLS call would find it.
    [LibraryImport(Crypto, EntryPoint = "ERR_clear_error")]
    private static partial void ClearErrors();

    private sealed class KeyHandle() : SafeHandle(IntPtr.Zero, ownsHandle: true)
    {
        public override bool IsInvalid => handle == IntPtr.Zero;

        protected override bool ReleaseHandle()
        {
            FreeKey(handle);
            return true;
        }
    }

    private sealed class ContextHandle() : SafeHandle(IntPtr.Zero, ownsHandle: true)
    {
        public override bool IsInvalid => handle == IntPtr.Zero;

        protected override bool ReleaseHandle()
        {
            FreeContext(handle);
            return true;
        }
    }
}
