using Microsoft.AspNetCore.WebUtilities;

namespace LtiMicroCred.Lti;

/// <summary>The course or other place of the launch (Core 5.4.1).</summary>
/// <param name="Id">Unique only within the deployment; at most 255 characters.</param>
/// <param name="Label">Short, such as a course code.</param>
/// <param name="Title">Long.</param>
/// <param name="Types">As sent: full URIs or short names, and may be empty.</param>
public sealed record Context(string Id, string? Label, string? Title, IReadOnlyList<string> Types)
{
    /// <summary>Whether it is a <c>CourseTemplate</c>, <c>CourseOffering</c>, <c>CourseSection</c> or <c>Group</c> (Core A.1), however the platform writes it.</summary>
    public bool Is(string type) => Types.Any(sent => sent == type || sent == "http://purl.imsglobal.org/vocab/lis/v2/course#" + type || sent == "urn:lti:context-type:ims/lis/" + type);
}

/// <summary>The link that was opened (Core 5.3.5).</summary>
/// <param name="Id">Unique only within the deployment; a copied course gives the same link another one.</param>
/// <param name="Title">What the teacher called it.</param>
/// <param name="Description">May hold the platform's markup.</param>
public sealed record ResourceLink(string Id, string? Title, string? Description);

/// <summary>What the platform tells of the person; any of it may be missing.</summary>
/// <param name="Name">In full, as the person writes it.</param>
/// <param name="GivenName">First names.</param>
/// <param name="FamilyName">Last names.</param>
/// <param name="Email">Not proven to be the person's.</param>
/// <param name="Locale">A BCP 47 language tag, mostly.</param>
public sealed record Person(string? Name, string? GivenName, string? FamilyName, string? Email, string? Locale);

/// <summary>Whose submission is reviewed (Submission Review 1.0).</summary>
/// <param name="UserId">Their <c>sub</c>; at most 255 characters.</param>
/// <param name="PersonSourcedId">In the student information system.</param>
/// <param name="Person">Any of it may be missing.</param>
/// <param name="Roles">May be empty.</param>
public sealed record ForUser(string UserId, string? PersonSourcedId, Person Person, Roles Roles);

/// <summary>Ids of the student information system (Core 5.4.5); any may be missing.</summary>
/// <param name="PersonSourcedId">Of the person.</param>
/// <param name="CourseOfferingSourcedId">Of the course.</param>
/// <param name="CourseSectionSourcedId">Of the section of the course.</param>
public sealed record Lis(string? PersonSourcedId, string? CourseOfferingSourcedId, string? CourseSectionSourcedId);

/// <summary>How the platform shows the tool (Core 5.4.4).</summary>
/// <param name="DocumentTarget"><c>frame</c>, <c>iframe</c> or <c>window</c>.</param>
/// <param name="ReturnUrl">Where the person can be taken back to.</param>
/// <param name="Locale">Of the platform's pages.</param>
public sealed record LaunchPresentation(string? DocumentTarget, Uri? ReturnUrl, string? Locale)
{
    /// <summary>Of the window or frame, in pixels.</summary>
    public int? Height { get; init; }

    /// <summary>Of the window or frame, in pixels.</summary>
    public int? Width { get; init; }

    /// <summary>The return URL with what the platform may show (messages) or write to its log; null without a return URL.</summary>
    /// <param name="message">For the person (lti_msg).</param>
    /// <param name="log">For the platform's log (lti_log).</param>
    /// <param name="errorMessage">For the person, about what went wrong (lti_errormsg).</param>
    /// <param name="errorLog">For the platform's log, about what went wrong (lti_errorlog).</param>
    public Uri? ReturnWith(string? message = null, string? log = null, string? errorMessage = null, string? errorLog = null)
    {
        if (ReturnUrl is null)
            return null;

        KeyValuePair<string, string?>[] parameters = [new("lti_msg", message), new("lti_log", log), new("lti_errormsg", errorMessage), new("lti_errorlog", errorLog)];
        return new Uri(QueryHelpers.AddQueryString(ReturnUrl.OriginalString, parameters.Where(parameter => !string.IsNullOrEmpty(parameter.Value))));
    }
}

#pragma warning disable CA1720 // guid is the specification's word (Core 5.4.2)
/// <summary>Which product the platform is (Core 5.4.2).</summary>
/// <param name="ProductFamilyCode">Such as <c>moodle</c> or <c>canvas</c>.</param>
/// <param name="Version">As the vendor writes it.</param>
/// <param name="Name">Of the installation.</param>
/// <param name="Guid">Of the installation; not always a GUID.</param>
public sealed record ToolPlatform(string? ProductFamilyCode, string? Version, string? Name, string? Guid)
{
    /// <summary>Of the installation.</summary>
    public string? Description { get; init; }

    /// <summary>Of whoever runs it; unchecked.</summary>
    public string? ContactEmail { get; init; }

    /// <summary>Its home page; unchecked, so not to be called or linked as it is.</summary>
    public string? Url { get; init; }
}
#pragma warning restore CA1720
