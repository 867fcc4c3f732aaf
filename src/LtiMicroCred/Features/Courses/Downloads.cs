using System.Globalization;
using System.Text.Json;
using CsvHelper;
using LtiMicroCred.Features.Awards;
using LtiMicroCred.Features.Shared;
using LtiMicroCred.Texts;
using Microsoft.Extensions.Localization;

namespace LtiMicroCred.Features.Courses;

/// <summary>What an instructor takes along: the list of learners, and the evidence of one of them.</summary>
internal static class Downloads
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A row for each learner. Names are what an LMS sends: none of them becomes a spreadsheet's formula.</summary>
    public static byte[] List(IStringLocalizer<Words> words, IReadOnlyList<ReadColumn> columns, IReadOnlyList<LearnerInCourse> learners)
    {
        var read = columns.Where(c => c.InUse).ToList();
        using var bytes = new MemoryStream();
        using (var writer = CsvWriter.Create(bytes, new CsvWriterOptions { Injection = CsvInjection.Escape, WriteByteOrderMark = true }, leaveOpen: true))
        {
            writer.WriteRecord([words["Course.Column.Learner"], words["Course.Column.Standing"], .. read.Select(c => c.Label), words["Course.Column.Awarded"]]);
            foreach (var learner in learners)
            {
                var current = learner.Current.ToDictionary(r => r.Observation.LineItemId, r => r.Observation);
                writer.WriteRecord(
                [
                    learner.Name ?? "",
                    words.Standing(learner),
                    .. read.Select(c => current.GetValueOrDefault(c.LineItemId) is { } seen ? words.Score(seen) : ""),
                    learner.Award?.IssuedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "",
                ]);
            }
        }

        return bytes.ToArray();
    }

    /// <summary>The rule, everything that was seen of one learner, and what was decided: JSON, times in UTC, numbers exact.</summary>
    public static byte[] Evidence(ActivityFacts activity, IReadOnlyList<ReadColumn> columns, LearnerInCourse learner)
    {
        var labels = columns.ToDictionary(c => c.LineItemId, c => c.Label);
        return JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                learner.Name,
                Activity = activity.ActivityId,
                Rule = JsonDocument.Parse(learner.Award?.Content ?? activity.Content).RootElement,
                Standing = learner.Decision.Standing.ToString(),
                learner.Decision.IsLate,
                Award = learner.Award is { } award ? new { award.AwardId, award.State, award.IssuedAt, award.Until, award.LedgerNumber } : null,
                Results = learner.Results.OrderBy(r => r.Observation.Receipt).Select(r => new
                {
                    r.Way,
                    Column = labels.GetValueOrDefault(r.Observation.LineItemId),
                    r.Observation.Assessment,
                    r.Observation.Score,
                    r.Observation.Maximum,
                    r.Observation.GradedAt,
                    r.Observation.SubmittedAt,
                    r.Observation.ReceivedAt,
                    r.Observation.IsFinal,
                    Supervision = r.Observation.Supervision?.ToString(),
                    Meets = AwardPolicy.Meets(learner.Award?.Content is { } earned ? PassRule.Parse(earned) : activity.Rule, r.Observation),
                    MessageSha256 = Convert.ToHexStringLower(r.MessageHash),
                }),
                Decisions = learner.Words.Select(w => new { w.Kind, w.DecidedAt, w.DecidedBy, w.Reason, w.Assessor, w.Statement }),
            },
            s_json);
    }
}
