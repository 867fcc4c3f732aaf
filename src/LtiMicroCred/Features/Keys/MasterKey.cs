using System.Security.Cryptography;
using LtiMicroCred.Ledger;

namespace LtiMicroCred.Features.Keys;

/// <summary>
/// The 256-bit key outside the database that wraps the Data Protection ring, and so every private key and sealed value inside.
/// Whoever has only the database, or only this file, can read none of them.
/// </summary>
internal sealed partial class MasterKey
{
    private const int KeyBytes = 32, NonceBytes = 12, TagBytes = 16;
    private readonly byte[] _key;

    private MasterKey(byte[] key) => _key = key;

    /// <summary>Reads the certificate or the key file; on SQLite a missing one is made beside the database, readable by its owner alone.</summary>
    /// <param name="isInUse">Whether the database holds something that was sealed already: a lost key must not be replaced, or nothing could be opened again.</param>
    /// <exception cref="SettingsException">No file is set or found where one is required, or it is not a key.</exception>
    public static MasterKey Load(Settings settings, string? databaseFile, Func<bool> isInUse, ILogger log)
    {
        if (settings.CertificatePath is { } certificate)
            return new MasterKey(KeyCertificate.Read(certificate, settings.CertificatePasswordFile));
        var file = settings.MasterKeyFile ?? (databaseFile is null ? null : databaseFile + ".masterkey");
        if (file is null)
            throw new SettingsException("The setting LtiMicroCred:Keys:MasterKeyFile is missing: on SQL Server the master key must lie in a file of its own. Make one with “openssl rand -base64 32”. Example: LtiMicroCred__Keys__MasterKeyFile=/etc/ltimicrocred/master.key");
        if (!File.Exists(file))
        {
            if (settings.Database.Engine == LedgerEngine.SqlServer)
                throw new SettingsException($"The setting LtiMicroCred:Keys:MasterKeyFile names '{file}', which does not exist. Make one with “openssl rand -base64 32”. Example: LtiMicroCred__Keys__MasterKeyFile=/etc/ltimicrocred/master.key");
            // Looked at again: another process may have made the key and sealed with it in between.
            if (isInUse() && !File.Exists(file))
                throw new SettingsException($"The master key '{file}' is missing, and the keys in the database are sealed with it. Bring it back from its backup, or name its place in LtiMicroCred:Keys:MasterKeyFile. Example: LtiMicroCred__Keys__MasterKeyFile=/etc/ltimicrocred/master.key");
            if (Create(file))
                Log.Created(log, file);
        }

        return new MasterKey(Read(file));
    }

    /// <summary>A key of 32 bytes for one other purpose, the same each time (RFC 5869).</summary>
    public byte[] Derive(string purpose) => HKDF.Expand(HashAlgorithmName.SHA256, _key, KeyBytes, System.Text.Encoding.UTF8.GetBytes(purpose));

    public byte[] Seal(ReadOnlySpan<byte> plain)
    {
        var box = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(_key, TagBytes);
        aes.Encrypt(box.AsSpan(0, NonceBytes), plain, box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes));
        return box;
    }

    /// <exception cref="CryptographicException">Sealed with another key, or changed since.</exception>
    public byte[] Open(ReadOnlySpan<byte> box)
    {
        if (box.Length < NonceBytes + TagBytes)
            throw new CryptographicException("The sealed element is cut short.");
        var plain = new byte[box.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(_key, TagBytes);
        aes.Decrypt(box[..NonceBytes], box[(NonceBytes + TagBytes)..], box.Slice(NonceBytes, TagBytes), plain);
        return plain;
    }

    // Written under another name and then linked into place: two processes that start at once end with one key.
    private static bool Create(string file)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            return Write(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"The master key '{file}' cannot be made: {exception.Message} Name a place that can be written in LtiMicroCred:Keys:MasterKeyFile. Example: LtiMicroCred__Keys__MasterKeyFile=/etc/ltimicrocred/master.key");
        }
    }

    private static bool Write(string file)
    {
        var draft = $"{file}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var writer = new StreamWriter(draft, options))
            writer.WriteLine(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes)));
        try
        {
            File.Move(draft, file, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(file))
        {
            File.Delete(draft);
            return false;
        }
    }

    private static byte[] Read(string file)
    {
        var key = new byte[KeyBytes];
        return Convert.TryFromBase64String(File.ReadAllText(file).Trim(), key, out var written) && written == KeyBytes
            ? key
            : throw new SettingsException($"The setting LtiMicroCred:Keys:MasterKeyFile names '{file}', which does not hold 32 bytes in base64. Example: LtiMicroCred__Keys__MasterKeyFile=/etc/ltimicrocred/master.key");
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Made the master key {File}. Back it up apart from the database: without it no signing key can be read again.")]
        public static partial void Created(ILogger log, string file);
    }
}
