using LtiMicroCred.Features.Launches;

namespace LtiMicroCred.Features.Shared;

/// <summary>The open one of the ways by which grades reach us; the page knows which of them its LMS has.</summary>
internal sealed record ShownWay(LaunchPage Page, string Way);
