using System.Globalization;
using System.Text;

namespace LtiMicroCred.Features.Platforms;

/// <summary>The folder lti-config: the same guides as the server's pages, for an example server. Made by the verb <c>lti-config</c>.</summary>
internal static class LtiConfigFiles
{
    public static readonly Uri ExampleUrl = new("https://credentials.example.edu/");

    /// <summary>By file name.</summary>
    public static IReadOnlyDictionary<string, string> For(Uri publicUrl)
    {
        var addresses = ToolAddresses.Of(publicUrl);
        var files = Lms.All.ToDictionary(lms => lms.Id + ".md", lms => Guide.Of(lms, addresses).Text, StringComparer.Ordinal);
        files["dynamic-registration.md"] = Guide.DynamicRegistration(addresses).Text;
        files["canvas.json"] = CanvasKey.ToJson(addresses);
        files["README.md"] = Readme(addresses);
        return files;
    }

    private static string Readme(ToolAddresses addresses)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # Connect an LMS

            One registration link connects one LMS. Whoever runs the tool's server makes it: `platforms invite --tenant "Your institution"`, or *Connect an LMS* on the administration pages.
            Paste it where the LMS takes one; or open it in a browser, choose your LMS, and follow its page, which has the addresses below with this server's and this registration's own values filled in.

            | LMS | steps |
            |---|---|

            """);
        foreach (var lms in Lms.All)
            text.Append(CultureInfo.InvariantCulture, $"| {lms.Name} | [{lms.Id}.md]({lms.Id}.md){(lms.Id == "canvas" ? ", [canvas.json](canvas.json)" : "")} |\n");
        text.Append(CultureInfo.InvariantCulture, $"""
            | any, by one link | [dynamic-registration.md](dynamic-registration.md) |

            | what an LMS is told | address |
            |---|---|
            | login initiation | `{addresses.Login}` |
            | redirect URI, target link URI, deep linking | `{addresses.Launch}` |
            | public keys (JWKS), its own for each registration | `{addresses.Jwks}` |
            | icon | `{addresses.Icon}` |

            Where a script does it: `platforms add --tenant … --lms … --client-id … --deployment …` registers an LMS with what it gave you, and prints these addresses; see `platforms add --help`.

            These files are made by `lti-config <folder>` from the same texts as the server's own pages (`/connect`). Do not edit them; `lti-config <folder> --url https://your.server` makes them for a server of yours.

            """);
        return text.ToString();
    }
}
