namespace LtiMicroCred.Tests;

/// <summary>The test plays this attack of the list in <c>tests/README.md</c>; one attack may have several tests.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class AttackAttribute(int number) : Attribute
{
    public int Number { get; } = number;
}
