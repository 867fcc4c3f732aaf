using System.Security.Cryptography;
using System.Xml.Linq;
using Dapper;
using LtiMicroCred.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace LtiMicroCred.Features.Keys;

/// <summary>The Data Protection ring lives in the database, so that every node has it; each element is wrapped by the master key. Old elements are never deleted.</summary>
internal static class KeyRing
{
    public static IServiceCollection AddKeyRing(this IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName("LtiMicroCred");
        services.AddSingleton(provider => MasterKey.Load(
            provider.GetRequiredService<Settings>(),
            provider.GetRequiredService<Database>().File,
            () => Elements(provider.GetRequiredService<Database>()).Count > 0,
            provider.GetRequiredService<ILogger<MasterKey>>()));
        services.AddOptions<KeyManagementOptions>().Configure<IServiceProvider>((options, provider) =>
        {
            options.XmlRepository = new InDatabase(provider.GetRequiredService<Database>(), provider.GetRequiredService<TimeProvider>());
            options.XmlEncryptor = new Wrapper(provider);
        });
        return services;
    }

    /// <summary>Opens all that is sealed, so that a wrong master key stops the start and not the first launch.</summary>
    /// <exception cref="SettingsException">Another master key sealed it.</exception>
    public static void Verify(Database database, MasterKey master)
    {
        try
        {
            foreach (var box in Elements(database).SelectMany(e => e.Descendants("wrapped")))
                master.Open(Convert.FromBase64String(box.Value));
        }
        catch (CryptographicException)
        {
            throw new SettingsException("LtiMicroCred:Keys:MasterKeyFile, or the certificate of LtiMicroCred:Keys:CertificatePath, is another key than the one that sealed the keys in this database. Bring that one back from its backup. Example: LtiMicroCred__Keys__MasterKeyFile=/etc/ltimicrocred/master.key");
        }
    }

    private static List<XElement> Elements(Database database)
    {
        using var connection = database.OpenAsync(CancellationToken.None).GetAwaiter().GetResult();
        return [.. connection.Query<string>("SELECT Element FROM ProtectionKey").Select(XElement.Parse)];
    }

    // The interface is synchronous; it is called at start and at a rotation only.
    private sealed class InDatabase(Database database, TimeProvider clock) : IXmlRepository
    {
        public IReadOnlyCollection<XElement> GetAllElements() => Elements(database);

        public void StoreElement(XElement element, string friendlyName)
        {
            using var connection = database.OpenAsync(CancellationToken.None).GetAwaiter().GetResult();
            connection.Execute(
                "INSERT INTO ProtectionKey (ProtectionKeyId, Element, CreatedAt) VALUES (@Id, @Element, @Now)",
                new { Id = Guid.CreateVersion7(), Element = element.ToString(SaveOptions.DisableFormatting), Now = clock.GetUtcNow() });
        }
    }

    // Asks for the master key when it seals: the options are made before the database is.
    private sealed class Wrapper(IServiceProvider provider) : IXmlEncryptor
    {
        public EncryptedXmlInfo Encrypt(XElement plaintextElement)
        {
            var box = provider.GetRequiredService<MasterKey>().Seal(System.Text.Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting)));
            return new EncryptedXmlInfo(new XElement("wrapped", Convert.ToBase64String(box)), typeof(Unwrapper));
        }
    }

    /// <summary>Made by Data Protection from the type name that it stored beside each element.</summary>
    internal sealed class Unwrapper(IServiceProvider provider) : IXmlDecryptor
    {
        public XElement Decrypt(XElement encryptedElement)
        {
            var plain = provider.GetRequiredService<MasterKey>().Open(Convert.FromBase64String(encryptedElement.Value));
            return XElement.Parse(System.Text.Encoding.UTF8.GetString(plain));
        }
    }
}
