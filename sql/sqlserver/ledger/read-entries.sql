SELECT
  LogId, Number, Kind, OccurredAt, AwardId, ReplacedBy, Reason, AchievementId, AchievementVersion, AchievementHash,
  Hours, Credits, CreditSystem, Passed, SubjectRef, EntryBytes, LeafHash
FROM LedgerEntry
WHERE LogId = @LogId AND Number > @After AND Number <= @UpTo
ORDER BY Number
