SELECT
  LogId, Number, Kind, OccurredAt, AwardId, AchievementId, AchievementVersion, AchievementHash,
  Hours, Credits, CreditSystem, Passed, SubjectRef, EntryBytes, LeafHash
FROM LedgerEntry
WHERE AwardId = @AwardId AND Kind = @Kind
ORDER BY LogId, Number
