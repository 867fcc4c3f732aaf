using System.Net;
using System.Net.Mail;
using LtiMicroCred.Ledger;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;

namespace LtiMicroCred;

/// <summary>A setting is missing or wrong. The message names the key and shows an example.</summary>
internal sealed class SettingsException(string message) : Exception(message);

/// <summary>All settings, read once from appsettings.json and the environment (<c>LtiMicroCred__…</c>).</summary>
internal sealed record Settings
{
    /// <summary>Where people and LMSs reach us; every absolute URL starts with it. Never ends with a slash; may have a path.</summary>
    public required Uri PublicUrl { get; init; }

    public required DatabaseSettings Database { get; init; }

    /// <summary>The file with the key that wraps all other keys. On SQLite made beside the database when missing; on SQL Server required.</summary>
    public required string? MasterKeyFile { get; init; }

    /// <summary>Instead of that file, a certificate whose private key is the one that wraps: PEM with both, or PKCS #12.</summary>
    public required string? CertificatePath { get; init; }

    /// <summary>The file with the password of the certificate's file; none where it has none.</summary>
    public required string? CertificatePasswordFile { get; init; }

    /// <summary>How old a signing key becomes before a new one follows; null where keys are rotated by command only.</summary>
    public required TimeSpan? RotateKeysAfter { get; init; }

    public required OutgoingSettings Outgoing { get; init; }

    /// <summary>How often an active column is read.</summary>
    public required TimeSpan PollEvery { get; init; }

    /// <summary>Logins, and as many launches, that one registration may start in a second, again and again; ten times as many at once.</summary>
    public required int LaunchesPerSecond { get; init; }

    /// <summary>How long a log that grows waits for its next checkpoint.</summary>
    public required TimeSpan CheckpointEvery { get; init; }

    /// <summary>After so many entries it does not wait.</summary>
    public required int CheckpointEntries { get; init; }

    /// <summary>The file that checkpoints are copied to, to be shipped elsewhere. On SQLite beside the database unless set; on SQL Server none unless set.</summary>
    public required string? CheckpointFile { get; init; }

    /// <summary>How mail to learners leaves; null where none is sent.</summary>
    public required SmtpSettings? Smtp { get; init; }

    public string PublicBase => PublicUrl.AbsoluteUri.TrimEnd('/');

    /// <exception cref="SettingsException"/>
    public static Settings From(IConfiguration configuration)
    {
        var section = configuration.GetSection("LtiMicroCred");
        return new Settings
        {
            PublicUrl = ReadPublicUrl(section["PublicUrl"]),
            Database = ReadDatabase(ReadEngine(section["Database:Engine"]), section["Database:ConnectionString"]),
            MasterKeyFile = section["Keys:MasterKeyFile"] is { Length: > 0 } file ? Path.GetFullPath(file) : null,
            CertificatePath = section["Keys:CertificatePath"] is { Length: > 0 } certificate
                ? section["Keys:MasterKeyFile"] is { Length: > 0 } ? throw Wrong("Keys:CertificatePath", "is set, and Keys:MasterKeyFile too: keep the one that sealed the keys in this database", certificate) : Path.GetFullPath(certificate)
                : null,
            CertificatePasswordFile = section["Keys:CertificatePasswordFile"] is { Length: > 0 } password ? Path.GetFullPath(password) : null,
            RotateKeysAfter = ReadDays(section["Keys:RotateAfterDays"]),
            Outgoing = new OutgoingSettings(
                ReadFlag(section["Outgoing:AllowPrivateNetworks"], "Outgoing:AllowPrivateNetworks"),
                ReadList(section.GetSection("Outgoing:AllowedNetworks"), IsNetwork, "which is not a network in CIDR notation", "10.20.0.0/16"),
                ReadList(section.GetSection("Outgoing:AllowedHosts"), h => Uri.CheckHostName(h) == UriHostNameType.Dns, "which is not a host name", "lms.campus.example.edu")),
            PollEvery = TimeSpan.FromSeconds(ReadNumber(section["Results:PollSeconds"], "Results:PollSeconds", 1, 3600, 60)),
            LaunchesPerSecond = ReadNumber(section["Limits:LaunchesPerSecond"], "Limits:LaunchesPerSecond", 1, 1_000_000, 500),
            CheckpointEvery = TimeSpan.FromSeconds(ReadNumber(section["Ledger:CheckpointSeconds"], "Ledger:CheckpointSeconds", 1, 86_400, 30)),
            CheckpointEntries = ReadNumber(section["Ledger:CheckpointEntries"], "Ledger:CheckpointEntries", 1, 1_000_000, 1000),
            Smtp = ReadSmtp(section.GetSection("Smtp")),
            CheckpointFile = section["Ledger:CheckpointFile"] is { Length: > 0 } checkpoints ? Path.GetFullPath(checkpoints) : null,
        };
    }

    private static SmtpSettings? ReadSmtp(IConfigurationSection section)
    {
        if (section["Host"] is not { Length: > 0 } host)
            return Array.Find(["User", "PasswordFile", "From", "Port"], key => section[key] is { Length: > 0 }) is { } without
                ? throw Wrong("Smtp:Host", $"is missing, and Smtp:{without} is set", "smtp.example.edu") : null;
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
            throw Wrong("Smtp:Host", $"is '{host}', which is not a host name", "smtp.example.edu");
        if (!MailAddress.TryCreate(section["From"], out var from))
            throw Wrong("Smtp:From", section["From"] is { Length: > 0 } typed ? $"is '{typed}', which is not a mail address" : "is missing", "credentials@example.edu");
        if (section["PasswordFile"] is { Length: > 0 } && section["User"] is not { Length: > 0 })
            throw Wrong("Smtp:User", "is missing, and Smtp:PasswordFile is set", "credentials");
        return new SmtpSettings(
            host, ReadNumber(section["Port"], "Smtp:Port", 1, 65_535, 587), section["User"] is { Length: > 0 } user ? user : null, section["PasswordFile"] is { Length: > 0 } file ? Path.GetFullPath(file) : null, from);
    }

    private static Uri ReadPublicUrl(string? value)
    {
        if (!Uri.TryCreate(value, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http") || url.Query.Length > 0 || url.Fragment.Length > 0 || url.UserInfo.Length > 0)
            throw Wrong("PublicUrl", $"is '{value}', which is not a web address", "https://credentials.example.edu");
        if (url.Scheme == "http" && !url.IsLoopback)
            throw Wrong("PublicUrl", $"is '{value}': plain http is for this machine only", "https://credentials.example.edu");
        return new Uri(url.AbsoluteUri.TrimEnd('/') + "/");
    }

    // The text may hold a password: it is never repeated.
    private static DatabaseSettings ReadDatabase(LedgerEngine engine, string? connection)
    {
        const string key = "Database:ConnectionString";
        var example = engine == LedgerEngine.Sqlite ? "Data Source=ltimicrocred.db" : "Server=db.example.edu;Database=LtiMicroCred;Integrated Security=true";
        if (string.IsNullOrEmpty(connection))
            throw Wrong(key, "is missing", example);
        try
        {
            var source = engine == LedgerEngine.Sqlite ? new SqliteConnectionStringBuilder(connection).DataSource : new SqlConnectionStringBuilder(connection).DataSource;
            return source.Length > 0 ? new DatabaseSettings(engine, connection) : throw Wrong(key, "does not say where the database is", example);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            throw Wrong(key, "cannot be read", example);
        }
    }

    private static LedgerEngine ReadEngine(string? value) => value switch
    {
        null or "" or "Sqlite" => LedgerEngine.Sqlite,
        "SqlServer" => LedgerEngine.SqlServer,
        _ => throw Wrong("Database:Engine", $"is '{value}'; it can be Sqlite or SqlServer", "Sqlite"),
    };

    private static bool ReadFlag(string? value, string key) => value switch
    {
        null or "" => false,
        _ => bool.TryParse(value, out var flag) ? flag : throw Wrong(key, $"is '{value}'; it can be true or false", "false"),
    };

    // At least a week: a rotation takes a day.
    private static TimeSpan? ReadDays(string? value) => value switch
    {
        null or "" => TimeSpan.FromDays(180),
        "0" => null,
        _ => int.TryParse(value, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var days) && days is >= 7 and <= 3650
            ? TimeSpan.FromDays(days)
            : throw Wrong("Keys:RotateAfterDays", $"is '{value}'; it can be 0 for never, or a whole number from 7 to 3650", "180"),
    };

    private static int ReadNumber(string? value, string key, int least, int most, int otherwise) => value switch
    {
        null or "" => otherwise,
        _ => int.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Wrong(key, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"is '{value}'; it can be a whole number from {least} to {most}"), otherwise.ToString(System.Globalization.CultureInfo.InvariantCulture)),
    };

    private static IReadOnlyList<string> ReadList(IConfigurationSection section, Predicate<string> isGood, string otherwise, string example)
    {
        string[] list = section.Value is { Length: > 0 } line ? line.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : section.Get<string[]>() ?? [];
        return Array.Find(list, entry => !isGood(entry)) is { } wrong
            ? throw Wrong(section.Path["LtiMicroCred:".Length..], $"holds '{wrong}', {otherwise}", example)
            : list;
    }

    private static bool IsNetwork(string text) => IPNetwork.TryParse(text, out _);

    private static SettingsException Wrong(string key, string what, string example) =>
        new($"The setting LtiMicroCred:{key} {what}. Example: LtiMicroCred__{key.Replace(":", "__", StringComparison.Ordinal)}={example}");
}

internal sealed record DatabaseSettings(LedgerEngine Engine, string ConnectionString);

/// <param name="PasswordFile">Read anew for each mail, so that a new password needs no restart.</param>
internal sealed record SmtpSettings(string Host, int Port, string? User, string? PasswordFile, MailAddress From)
{
    /// <summary>On this machine mail may go without TLS; everywhere else only with STARTTLS.</summary>
    public bool IsLocal => Host is "localhost" || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));
}

internal sealed record OutgoingSettings(bool AllowPrivateNetworks, IReadOnlyList<string> AllowedNetworks, IReadOnlyList<string> AllowedHosts);
