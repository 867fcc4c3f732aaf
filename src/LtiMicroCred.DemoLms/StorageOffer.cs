namespace LtiMicroCred.DemoLms;

/// <summary>What goes wrong with the storage that the LMS's pages offer to tools.</summary>
public enum StorageFault
{
    None,

    /// <summary>Nobody answers.</summary>
    Silent,

    /// <summary>The answer says that nothing could be kept or found.</summary>
    Refused,

    /// <summary>The right answer comes under another message's id.</summary>
    WrongMessage,

    /// <summary>The right answer comes from a frame of another origin.</summary>
    WrongOrigin,
}

/// <summary>LTI postMessage Storage 0.1: the LMS's pages keep values for tools whose cookies do not stick. Moodle does not offer it.</summary>
public sealed class StorageOffer
{
    /// <summary><c>_parent</c>, or the name that a frame of the page gets; null offers nothing. Sent as <c>lti_storage_target</c>.</summary>
    public string? Target { get; set; }

    public StorageFault Fault { get; set; }
}
