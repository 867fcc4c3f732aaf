INSERT INTO LedgerEntry (
  LogId, Number, Kind, OccurredAt, AwardId, ReplacedBy, Reason, AchievementId, AchievementVersion, AchievementHash,
  Hours, Credits, CreditSystem, Passed, SubjectRef, EntryBytes, LeafHash)
VALUES (
  @LogId, @Number, @Kind, @OccurredAt, @AwardId, @ReplacedBy, @Reason, @AchievementId, @AchievementVersion, @AchievementHash,
  @Hours, @Credits, @CreditSystem, @Passed, @SubjectRef, @EntryBytes, @LeafHash)
