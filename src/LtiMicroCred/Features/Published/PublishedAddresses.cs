using LtiMicroCred.Lti;

namespace LtiMicroCred.Features.Published;

/// <summary>Where an institution is as a platform. Each is a platform of its own: its own issuer, keys, tools and people.</summary>
internal sealed record PublishedAddresses(string Root, Guid TenantId)
{
    public static PublishedAddresses Of(Settings settings, Guid tenantId) => new($"{settings.PublicBase}/platform/{tenantId:D}", tenantId);

    public string Issuer => Root;
    public Uri Configuration => new($"{Root}/.well-known/openid-configuration");
    public Uri Authorization => new($"{Root}/authorize");
    public Uri Token => new($"{Root}/token");
    public Uri Jwks => new($"{Root}/jwks");
    public Uri Registration => new($"{Root}/register");

    /// <summary>Tells nothing of whoever goes there: the browser's own cookie leads on.</summary>
    public Uri Return => new($"{Root}/return");

    public Uri LineItems(Guid link) => new($"{Root}/links/{link:D}/lineitems");

    public Uri LineItem(Guid link) => new($"{Root}/links/{link:D}/lineitems/1");

    public Uri Memberships(Guid link) => new($"{Root}/links/{link:D}/memberships");

    public OwnPlatform ToPlatform(string name) => new()
    {
        Issuer = Issuer,
        AuthorizationEndpoint = Authorization,
        TokenEndpoint = Token,
        JwksUri = Jwks,
        RegistrationEndpoint = Registration,
        Name = name,
        Version = typeof(PublishedAddresses).Assembly.GetName().Version!.ToString(2), // every build has one
    };
}
