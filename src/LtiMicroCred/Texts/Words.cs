namespace LtiMicroCred.Texts;

/// <summary>Names the resource file of everything that people read: Words.resx.</summary>
internal sealed class Words;
