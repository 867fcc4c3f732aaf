using System.Globalization;
using System.Text;

namespace LtiMicroCred.Tests.Hostile;

/// <summary>One request as bytes.</summary>
/// <param name="Bodyless">The answer has no body, whatever its headers say.</param>
/// <param name="Ends">Nothing follows: the server need not wait for what is missing.</param>
internal sealed record RawRequest(string Kind, byte[] Bytes, bool Bodyless, bool Ends);

/// <summary>What a browser of a real launch holds: so that what is malformed also reaches the code behind the doors.</summary>
internal sealed record OpenDoor(string LaunchId, string Cookies, string FormToken, string Handover);

/// <summary>Makes malformed requests to known addresses, always the same ones from the same seed.</summary>
#pragma warning disable CA5394 // requests that can be repeated, no secrets
internal sealed class RequestMaker(Random random, IReadOnlyList<RouteRow> rows, IReadOnlyList<OpenDoor> doors, string genuineState, string genuineStateCookie, string host)
{
    private static readonly string[] s_methods = ["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "CONNECT", "get", "G E T", "X", "PRI"];

    private static readonly string[] s_types =
    [
        "application/x-www-form-urlencoded", "application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x", "multipart/form-data; boundary=" + new string('b', 300), "application/xml",
        "application/x-www-form-urlencoded; charset=utf-7", "application/x-www-form-urlencoded; charset=\"", "application/octet-stream", ";", "application/x-www-form-urlencoded, application/json", "text/html; charset=nonsense",
    ];

    private static readonly string[] s_odd =
    [
        "", "x", "null", "true", "0", "-1", "1e999", "99999999999999999999999999", "0x10", "NaN", "%", "%zz", "%00", "%C3%28", "%ED%A0%80", "%u0041", "..", "../../../../etc/passwd", "..%2f..%2f", "%2e%2e/", "\\..\\", "//evil.example", "https://evil.example/",
        "javascript:alert(1)", "<script>alert(1)</script>", "%3Cscript%3E", "'%20OR%201=1--", "{{7*7}}", "${jndi:ldap://x}", "%E2%80%AE", "%EF%BF%BF", "a%0d%0aSet-Cookie:%20b=c", "00000000-0000-0000-0000-000000000000", "\u00ff\u00fe", "=", "&", "a=b&a=b", "[]", "{}", "*", "~", "+", ";", ":", "@",
    ];

    private static readonly string[] s_bodies =
    [
        "{}", "[]", "null", "{\"state\":{}}", "{\"id_token\":[1]}", "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", "--x\r\n", "--x\r\nContent-Disposition: form-data; name=\"state\"\r\n\r\nx\r\n--x--\r\n",
        "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"../x\"\r\nContent-Type: text/plain\r\n\r\nx\r\n--x--", "--x\r\nContent-Disposition: form-data\r\n\r\n\r\n--x--", "%", "%%%=%%%&&&==", "=", "&&&&", "\0\0\0", "a\u00ff\u00fe=b", "state", "state=%ED%A0%80&id_token=%C3%28",
    ];

    private static readonly string[] s_hosts = ["Host: evil.example", "Host: ", "Host: a b", "Host: [::1", "Host: evil.example:99999", "Host: evil.example/path", "Host: evil.example\r\nHost: other.example", "X-Forwarded-Host: evil.example\r\nHost: localhost", "X-Original-URL: /admin\r\nHost: localhost", "NoHost: x", "Host: user@evil.example", "Host: \u00e9"];

    private static readonly string[] s_chunks =
    [
        "0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n", "zz\r\nhello\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFF\r\nx", "-1\r\nx\r\n0\r\n\r\n", "5;ext=\"\r\nhello\r\n0\r\n\r\n", "5\r\nhellothere\r\n0\r\n\r\n", "5\nhello\n0\n\n", "0\r\nTrailer: x\r\n\r\n",
    ];

    public RawRequest Next()
    {
        var row = rows[random.Next(rows.Count)];
        return random.Next(20) switch
        {
            0 => Plain("method", s_methods[random.Next(s_methods.Length)], row),
            1 => Posted("wrong kind of body", row, Any(s_bodies), Any(s_types)),
            2 => Posted("long field", row, Fields(row, name => name + "=" + new string('a', random.Next(70_000)))),
            3 => Posted("doubled fields", row, Fields(row, name => $"{name}={Odd()}&{name}={Odd()}")),
            4 => Posted("missing fields", row, Fields(row, name => random.Next(2) == 0 ? "" : $"{name}={Odd()}")),
            5 => Plain("odd path", "GET", row, PathOf(row) + "/" + Odd()),
            6 => Plain("odd query", "GET", row, PathOf(row) + "?" + Fields(row, name => $"{name}={Odd()}") + "&" + Odd()),
            7 => Plain("odd cookies", "GET", row, headers: "Cookie: " + string.Join("; ", Enumerable.Range(0, random.Next(1, 30)).Select(_ => $"{Cookie()}={Odd()}")) + "\r\n"),
            8 => Plain("odd id", Either("GET", "POST"), row, row.At(Odd())),
            9 => Plain("bytes that are no text", "GET", row, PathOf(row) + "?state=" + Bytes(20)),
            10 => Plain("large header", "GET", row, headers: $"X-{random.Next(10)}: {new string('h', random.Next(40_000))}\r\n"),
            11 => Plain("many headers", "GET", row, headers: string.Concat(Enumerable.Range(0, random.Next(150)).Select(i => $"X-{i}: {Odd().Replace('\u00ff', 'y')}\r\n"))),
            12 => Chunked(row),
            13 => Posted("many fields", row, string.Join('&', Enumerable.Range(0, random.Next(100) == 0 ? 10_000 : random.Next(300)).Select(i => $"f{i}={i}"))),
            14 => Raw("another host", $"GET {PathOf(row)} HTTP/1.1\r\n{s_hosts[random.Next(s_hosts.Length)]}\r\n\r\n"),
            15 => Raw("request line", Any([$"GET {PathOf(row)}\r\n\r\n", $"GET http://evil.example{PathOf(row)} HTTP/1.1\r\nHost: evil.example\r\n\r\n", $"GET {PathOf(row)} HTTP/9.9\r\nHost: {host}\r\n\r\n", $"GET  {PathOf(row)} HTTP/1.1\r\nHost: {host}\r\n\r\n", $"{Bytes(40)}\r\n\r\n", "\r\n\r\n\r\n\r\n\u0016\u0003\u0001", $"GET {PathOf(row)}#x HTTP/1.1\r\nHost: {host}\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: " + host + "\r\n\r\n", $"GET {PathOf(row)} HTTP/1.1\r\nHost: {host}\r\n Folded: x\r\n\r\n", $"POST {PathOf(row)} HTTP/1.1\r\nHost: {host}\r\nContent-Length: x\r\n\r\n", $"POST {PathOf(row)} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", $"POST {PathOf(row)} HTTP/1.1\r\nHost: {host}\r\nContent-Length: -5\r\n\r\n"])),
            16 => Forged(),
            17 => BehindADoor(row, withToken: true),
            18 => BehindADoor(row, withToken: false),
            _ => random.Next(200) == 0 ? Posted("ten megabytes", row, new string('a', 10 * 1024 * 1024)) : Posted("odd fields", row, Fields(row, name => $"{name}={Odd()}")),
        };
    }

    /// <summary>Valid in its form: a state, a token or a handover that we did not make, or one that we made and somebody changed.</summary>
    private RawRequest Forged()
    {
        var state = random.Next(3) switch { 0 => genuineState, 1 => Changed(genuineState), _ => Letters(200) };
        var token = random.Next(3) switch
        {
            0 => $"{Encoded("""{"alg":"RS256","kid":"x"}""")}.{Encoded("""{"iss":"https://hostile.example","nonce":"n"}""")}.{Letters(342)}",
            1 => $"{Encoded("""{"alg":"none"}""")}.{Encoded("{}")}.",
            _ => Letters(500),
        };
        return random.Next(4) switch
        {
            0 => Form("forged restart", "/lti/restart", $"state={state}", ""),
            1 => Form("forged handover", $"/l/{doors[random.Next(doors.Count)].LaunchId}/window/{Either("learner", "course")}", $"handover={Changed(doors[random.Next(doors.Count)].Handover)}", ""),
            2 => Form("forged error", "/lti/launch", $"state={state}&error={Odd()}&error_description={Odd()}", genuineStateCookie),
            _ => Form("forged token", "/lti/launch", $"state={state}&id_token={token}", genuineStateCookie),
        };
    }

    /// <summary>With the cookie of a real launch, at its own pages, with and without its form token.</summary>
    private RawRequest BehindADoor(RouteRow row, bool withToken)
    {
        var door = doors[random.Next(doors.Count)];
        var path = row.Pattern.Contains("{launchId}", StringComparison.Ordinal) ? row.At(door.LaunchId) : PathOf(row);
        var query = random.Next(2) == 0 ? "" : "?handler=" + (row.Handlers.Count > 0 && random.Next(3) > 0 ? row.Handlers[random.Next(row.Handlers.Count)] : Odd()) + "&way=" + Odd();
        var fields = Fields(row, name => random.Next(4) == 0 ? "" : $"{name}={Odd()}") + (withToken ? "&__RequestVerificationToken=" + door.FormToken : random.Next(2) == 0 ? "" : "&__RequestVerificationToken=" + Changed(door.FormToken));
        return Form(withToken ? "odd form of a real launch" : "form without its token", path + query, fields, door.Cookies);
    }

    private RawRequest Form(string kind, string path, string fields, string cookies) =>
        Raw(kind, $"POST {path} HTTP/1.1\r\nHost: {host}\r\n{(cookies.Length > 0 ? $"Cookie: {cookies}\r\n" : "")}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {Encoding.Latin1.GetByteCount(fields)}\r\n\r\n{fields}");

    private RawRequest Plain(string kind, string method, RouteRow row, string? target = null, string headers = "") =>
        Raw(kind, $"{method} {target ?? PathOf(row)} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: 0\r\n\r\n", method == "HEAD");

    private RawRequest Posted(string kind, RouteRow row, string body, string type = "application/x-www-form-urlencoded") =>
        Raw(kind, $"POST {PathOf(row)} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {type}\r\nContent-Length: {Encoding.Latin1.GetByteCount(body)}\r\n\r\n{body}");

    private RawRequest Chunked(RouteRow row) => Raw(
        "chunks",
        $"POST {PathOf(row)} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: {Any(["chunked", "chunked", "chunked", "gzip, chunked", "identity", "xchunked", "chunked, chunked"])}\r\n{Any(["", "", "Content-Length: 5\r\n"])}Connection: close\r\n\r\n{s_chunks[random.Next(s_chunks.Length)]}");

    private static RawRequest Raw(string kind, string text, bool bodyless = false) =>
        new(kind, Encoding.Latin1.GetBytes(text), bodyless, kind is "chunks" or "request line" or "another host" or "method" or "bytes that are no text");

    private string PathOf(RouteRow row) => row.At(random.Next(2) == 0 ? Letters(43) : Odd());

    private static string Fields(RouteRow row, Func<string, string> field) => string.Join('&', row.Fields.Select(field).Where(text => text.Length > 0));

    private string Odd() => random.Next(12) == 0 ? Letters(random.Next(1, 3000)) : s_odd[random.Next(s_odd.Length)].Replace(" ", "%20", StringComparison.Ordinal);

    private string Cookie() => Any(["ltimc-browser", "ltimc-form", "ltimc-operator", "lti-state-x", "lti-state-" + Letters(20), "x", "__Host-x"]);

    private string Letters(int count) => string.Create(count, random, static (text, chance) =>
    {
        foreach (ref var letter in text)
            letter = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[chance.Next(64)];
    });

    private string Bytes(int count) => string.Concat(Enumerable.Range(0, count).Select(_ => (char)random.Next(1, 256))).Replace('\n', 'n').Replace('\r', 'r').Replace(' ', '_');

    private string Changed(string text)
    {
        if (text.Length == 0)
            return "x";
        var at = random.Next(text.Length);
        return text[..at] + (text[at] == 'A' ? 'B' : 'A') + text[(at + 1)..];
    }

    private string Either(string one, string other) => random.Next(2) == 0 ? one : other;

    private string Any(string[] choices) => choices[random.Next(choices.Length)];

    private static string Encoded(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
#pragma warning restore CA5394

/// <summary>An address of the server with the fields that it reads.</summary>
/// <param name="Pattern">As the routing has it.</param>
internal sealed record RouteRow(string Pattern, IReadOnlyList<string> Fields, IReadOnlyList<string> Handlers)
{
    /// <summary>The address with this in place of everything that varies.</summary>
    public string At(string value) => string.Join('/', Pattern.Split('/').Select(part => part.StartsWith('{') ? value : part)).ToString(CultureInfo.InvariantCulture);
}
