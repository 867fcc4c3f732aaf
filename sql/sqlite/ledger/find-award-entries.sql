SELECT
  LogId, Number, Kind, OccurredAt, AwardId, ReplacedBy, Reason, AchievementId, AchievementVersion, AchievementHash,
  Hours, Credits, CreditSystem, Passed, SubjectRef, EntryBytes, LeafHash
FROM LedgerEntry
WHERE AwardId = @AwardId
ORDER BY LogId, Number
