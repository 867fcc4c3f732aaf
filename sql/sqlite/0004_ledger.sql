-- Every kind of entry, hash tiles and signed checkpoints.
-- Whatever lies in a table of the ledger is proven by it; when a log was made is not, so it leaves.

DROP TRIGGER LedgerHead_OnlyGrows;
DROP TRIGGER LedgerHead_StartsEmpty;
ALTER TABLE LedgerHead DROP COLUMN CreatedAt;

-- Which columns an entry has depends on its kind; the bytes say the same, and the two are compared.
CREATE TABLE LedgerEntryNew (
  LogId              TEXT    NOT NULL,
  Number             INTEGER NOT NULL,
  Kind               TEXT    NOT NULL,
  OccurredAt         TEXT    NOT NULL,
  AwardId            TEXT    NULL,
  ReplacedBy         TEXT    NULL,
  Reason             TEXT    NULL,
  AchievementId      TEXT    NULL,
  AchievementVersion INTEGER NULL,
  AchievementHash    BLOB    NULL CHECK (length(AchievementHash) = 32),
  Hours              TEXT    NULL,
  Credits            TEXT    NULL,
  CreditSystem       TEXT    NULL,
  Passed             INTEGER NULL CHECK (Passed IN (0, 1)),
  SubjectRef         BLOB    NULL CHECK (length(SubjectRef) = 32),
  EntryBytes         BLOB    NOT NULL CHECK (length(EntryBytes) BETWEEN 1 AND 65535),
  LeafHash           BLOB    NOT NULL CHECK (length(LeafHash) = 32),
  CONSTRAINT PK_LedgerEntry PRIMARY KEY (LogId, Number),
  CONSTRAINT FK_LedgerEntry_LedgerHead FOREIGN KEY (LogId) REFERENCES LedgerHead (LogId),
  CONSTRAINT CK_LedgerEntry_Award CHECK ((Kind = 'achievement.published') = (AwardId IS NULL)),
  CONSTRAINT CK_LedgerEntry_Achievement CHECK ((Kind IN ('achievement.published', 'award.issued')) = (AchievementId IS NOT NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO LedgerEntryNew (
  LogId, Number, Kind, OccurredAt, AwardId, AchievementId, AchievementVersion, AchievementHash,
  Hours, Credits, CreditSystem, Passed, SubjectRef, EntryBytes, LeafHash)
SELECT
  LogId, Number, Kind, OccurredAt, AwardId, AchievementId, AchievementVersion, AchievementHash,
  Hours, Credits, CreditSystem, Passed, SubjectRef, EntryBytes, LeafHash
FROM LedgerEntry
ORDER BY LogId, Number;

DROP TABLE LedgerEntry;
ALTER TABLE LedgerEntryNew RENAME TO LedgerEntry;

CREATE INDEX IX_LedgerEntry_AwardId ON LedgerEntry (AwardId);
CREATE INDEX IX_LedgerEntry_Published ON LedgerEntry (AchievementId, AchievementVersion) WHERE Kind = 'achievement.published';

CREATE TRIGGER LedgerEntry_NoUpdate BEFORE UPDATE ON LedgerEntry
BEGIN
  SELECT RAISE(ABORT, 'ledger entries are never changed');
END;

CREATE TRIGGER LedgerEntry_NoDelete BEFORE DELETE ON LedgerEntry
BEGIN
  SELECT RAISE(ABORT, 'ledger entries are never deleted');
END;

-- Entries come before the head that counts them: an append writes its entries one after the other and the head row last.
CREATE TRIGGER LedgerEntry_NextNumberOnly BEFORE INSERT ON LedgerEntry
WHEN NEW.Number IS NOT (SELECT COALESCE(MAX(Number), 0) + 1 FROM LedgerEntry WHERE LogId = NEW.LogId)
BEGIN
  SELECT RAISE(ABORT, 'a ledger entry takes the next number of its log');
END;

CREATE TRIGGER LedgerHead_StartsEmpty BEFORE INSERT ON LedgerHead
WHEN NEW.Size <> 0 OR EXISTS (SELECT 1 FROM LedgerHead WHERE LogId = NEW.LogId OR Origin = NEW.Origin)
BEGIN
  SELECT RAISE(ABORT, 'a log starts empty, once');
END;

CREATE TRIGGER LedgerHead_OnlyGrows BEFORE UPDATE ON LedgerHead
WHEN NEW.LogId <> OLD.LogId
  OR NEW.Origin <> OLD.Origin
  OR NEW.Size < OLD.Size
  OR NEW.Size <> (SELECT COALESCE(MAX(Number), 0) FROM LedgerEntry WHERE LogId = NEW.LogId)
BEGIN
  SELECT RAISE(ABORT, 'a log keeps its name, only grows, and counts exactly its entries');
END;

-- C2SP tlog-tiles: the full tiles of a log's hash tree, 256 hashes each. The root comes first: the tiles above are made of roots alone.
CREATE TABLE LedgerTile (
  LogId     TEXT    NOT NULL,
  Level     INTEGER NOT NULL CHECK (Level BETWEEN 0 AND 6),
  TileIndex INTEGER NOT NULL CHECK (TileIndex >= 0),
  Root      BLOB    NOT NULL CHECK (length(Root) = 32),
  Hashes    BLOB    NOT NULL CHECK (length(Hashes) = 8192),
  CONSTRAINT PK_LedgerTile PRIMARY KEY (LogId, Level, TileIndex),
  CONSTRAINT FK_LedgerTile_LedgerHead FOREIGN KEY (LogId) REFERENCES LedgerHead (LogId)
) STRICT, WITHOUT ROWID;
-- Roots are read by the hundred, without the kilobytes beside them.
CREATE INDEX LedgerTile_Root ON LedgerTile (LogId, Level, TileIndex, Root);

CREATE TRIGGER LedgerTile_NoUpdate BEFORE UPDATE ON LedgerTile
BEGIN
  SELECT RAISE(ABORT, 'full tiles are never changed');
END;

CREATE TRIGGER LedgerTile_NoDelete BEFORE DELETE ON LedgerTile
BEGIN
  SELECT RAISE(ABORT, 'full tiles are never deleted');
END;

CREATE TRIGGER LedgerTile_NextOnly BEFORE INSERT ON LedgerTile
WHEN NEW.TileIndex IS NOT (SELECT COALESCE(MAX(TileIndex), -1) + 1 FROM LedgerTile WHERE LogId = NEW.LogId AND Level = NEW.Level)
BEGIN
  SELECT RAISE(ABORT, 'a tile takes the next place of its level');
END;

-- C2SP tlog-checkpoint: what the log signed about itself. Root stands in the note as well, and the two are compared.
CREATE TABLE LedgerCheckpoint (
  LogId TEXT    NOT NULL,
  Size  INTEGER NOT NULL CHECK (Size > 0),
  Root  BLOB    NOT NULL CHECK (length(Root) = 32),
  Note  BLOB    NOT NULL,
  CONSTRAINT PK_LedgerCheckpoint PRIMARY KEY (LogId, Size),
  CONSTRAINT FK_LedgerCheckpoint_LedgerHead FOREIGN KEY (LogId) REFERENCES LedgerHead (LogId)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER LedgerCheckpoint_NoUpdate BEFORE UPDATE ON LedgerCheckpoint
BEGIN
  SELECT RAISE(ABORT, 'checkpoints are never changed');
END;

CREATE TRIGGER LedgerCheckpoint_NoDelete BEFORE DELETE ON LedgerCheckpoint
BEGIN
  SELECT RAISE(ABORT, 'checkpoints are never deleted');
END;

CREATE TRIGGER LedgerCheckpoint_OnlyGrows BEFORE INSERT ON LedgerCheckpoint
WHEN EXISTS (SELECT 1 FROM LedgerCheckpoint WHERE LogId = NEW.LogId AND Size >= NEW.Size)
  OR NEW.Size > (SELECT Size FROM LedgerHead WHERE LogId = NEW.LogId)
BEGIN
  SELECT RAISE(ABORT, 'a checkpoint is of more entries than the one before, and of no more than the log has');
END;
