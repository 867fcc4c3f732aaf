namespace LtiMicroCred.Lti;

public enum LtiMessageType
{
    ResourceLink,
    DeepLinking,
}
