using System.Collections.Concurrent;

namespace LtiMicroCred.DemoLms.Pages;

/// <summary>What a person is told once, on the next page.</summary>
internal sealed class Notices
{
    private readonly ConcurrentDictionary<string, string> waiting = new(StringComparer.Ordinal);

    public void Leave(Person person, string text) => waiting[person.Id] = text;

    public string? Take(Person person) => waiting.TryRemove(person.Id, out var text) ? text : null;
}
