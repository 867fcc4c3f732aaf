using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace LtiMicroCred.Lti;

/// <summary>What a login has to remember until its launch; it travels sealed in the state parameter, so the server keeps nothing.</summary>
internal sealed record LoginState
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    public required Guid PlatformId { get; init; }

    public required string Nonce { get; init; }

    /// <summary>SHA-256 of the secret in the state cookie.</summary>
    public required byte[] CookieHash { get; init; }

    /// <summary>SHA-256 of the secret that the platform stores for us; null where it did not offer to.</summary>
    public byte[]? StorageHash { get; init; }

    public required DateTimeOffset IssuedAt { get; init; }

    public required LoginRequest Request { get; init; }
}

/// <summary>Seals and opens states.</summary>
internal sealed class LoginStates(IDataProtectionProvider protection, TimeProvider time)
{
    private const string Purpose = "LtiMicroCred.Lti.LoginState.v2";
    private const int MaxLength = 24 * 1024;

    private readonly IDataProtector _protector = protection.CreateProtector(Purpose);
    private Opened? _last;

    private sealed record Opened(string Sealed, LoginState State);

    public static string CookieName(string state) => StateCookie.Prefix + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(state)).AsSpan(0, 12));

    /// <summary>OIDC Login with LTI Client Side postMessages: only to, and only from, the origin of the authorisation endpoint.</summary>
    public static StateStorage StorageOf(Platform platform, LoginState login, string state, string? secret) =>
        new(login.Request.StorageTarget!, WebAddress.OriginOf(platform.AuthorizationEndpoint), CookieName(state), secret); // the hash is there only with a target

    public string Seal(LoginState state)
    {
        using var buffer = new MemoryStream();
        using (var writer = new BinaryWriter(buffer, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(state.PlatformId.ToByteArray());
            writer.Write(state.IssuedAt.ToUnixTimeMilliseconds());
            writer.Write(state.CookieHash);
            writer.Write(state.StorageHash is not null);
            writer.Write(state.StorageHash ?? []);
            writer.Write(state.Nonce);
            writer.Write(state.Request.Issuer);
            writer.Write(state.Request.LoginHint);
            writer.Write(state.Request.TargetLinkUri);
            WriteOptional(writer, state.Request.MessageHint);
            WriteOptional(writer, state.Request.DeploymentId);
            WriteOptional(writer, state.Request.ClientId);
            WriteOptional(writer, state.Request.StorageTarget);
        }

        return Base64Url.EncodeToString(_protector.Protect(buffer.ToArray()));
    }

    /// <exception cref="LtiException"><see cref="LtiError.InvalidState"/> or <see cref="LtiError.ExpiredState"/>.</exception>
    public LoginState Open(string? sealedState)
    {
        // Security Framework 5.1.1.3: the state must be one of ours, unchanged.
        if (sealedState is not { Length: > 0 and <= MaxLength } || !Base64Url.IsValid(sealedState) || TryOpen(sealedState) is not { } state)
            throw new LtiException(LtiError.InvalidState, "the state is missing or is not one that this tool made") { Spec = "Security Framework 5.1.1.3" };

        // OpenID Connect Core 3.1.2.1: a state is for one exchange, so an old one is worth nothing.
        var age = time.GetUtcNow() - state.IssuedAt;
        if (age > LoginState.Lifetime)
            throw new LtiException(LtiError.ExpiredState, "the login was started too long ago") { Expected = $"at most {LoginState.Lifetime.TotalMinutes:0} minutes", Issuer = state.Request.Issuer };

        return state;
    }

    /// <summary>Null unless it is a state of ours that is still good.</summary>
    public LoginState? Find(string? sealedState)
    {
        try
        {
            return Open(sealedState);
        }
        catch (LtiException)
        {
            return null;
        }
    }

    // One launch asks several times for the same.
    private LoginState? TryOpen(string sealedState)
    {
        if (_last is { } last && last.Sealed == sealedState)
            return last.State;

        var state = Unseal(sealedState);
        _last = state is null ? null : new Opened(sealedState, state);
        return state;
    }

    private LoginState? Unseal(string sealedState)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(_protector.Unprotect(Base64Url.DecodeFromChars(sealedState))), Encoding.UTF8);
            return new LoginState
            {
                PlatformId = new Guid(reader.ReadBytes(16)),
                IssuedAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64()),
                CookieHash = reader.ReadBytes(SHA256.HashSizeInBytes),
                StorageHash = reader.ReadBoolean() ? reader.ReadBytes(SHA256.HashSizeInBytes) : null,
                Nonce = reader.ReadString(),
                Request = new LoginRequest
                {
                    Issuer = reader.ReadString(),
                    LoginHint = reader.ReadString(),
                    TargetLinkUri = reader.ReadString(),
                    MessageHint = ReadOptional(reader),
                    DeploymentId = ReadOptional(reader),
                    ClientId = ReadOptional(reader),
                    StorageTarget = ReadOptional(reader),
                },
            };
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static void WriteOptional(BinaryWriter writer, string? value)
    {
        writer.Write(value is not null);
        if (value is not null)
            writer.Write(value);
    }

    private static string? ReadOptional(BinaryReader reader) => reader.ReadBoolean() ? reader.ReadString() : null;
}
