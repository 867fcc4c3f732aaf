namespace LtiMicroCred.DemoLms;

/// <summary>A notice that was posted to a tool's handler.</summary>
/// <param name="Status">0 when no answer came.</param>
/// <param name="Body">As it was posted.</param>
public sealed record SentNotice(string ToolId, string Type, string Handler, int Status, string Body);
