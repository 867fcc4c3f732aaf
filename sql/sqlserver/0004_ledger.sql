-- Every kind of entry, hash tiles and signed checkpoints.
-- Whatever lies in a table of the ledger is proven by it; when a log was made is not, so it leaves.
-- Where the server has native ledger tables, "migrate" takes the WITH clauses out of their comments.

DROP TRIGGER LedgerHead_OnlyGrows;
GO
ALTER TABLE LedgerHead DROP COLUMN CreatedAt;
GO

-- A table becomes a native ledger table when it is made or never: the entries step aside and come back.
SELECT
  LogId, Number, Kind, OccurredAt, AwardId, AchievementId, AchievementVersion, AchievementHash,
  Hours, Credits, CreditSystem, Passed, SubjectRef, EntryBytes, LeafHash
INTO EntryAside
FROM LedgerEntry;
GO
DROP TABLE LedgerTruncateGuard;
GO
DROP TABLE LedgerEntry;
GO

-- Which columns an entry has depends on its kind; the bytes say the same, and the two are compared.
CREATE TABLE LedgerEntry (
  LogId              uniqueidentifier  NOT NULL,
  Number             bigint            NOT NULL,
  Kind               varchar(40)       COLLATE Latin1_General_100_BIN2 NOT NULL,
  OccurredAt         datetimeoffset(6) NOT NULL,
  AwardId            uniqueidentifier  NULL,
  ReplacedBy         uniqueidentifier  NULL,
  Reason             varchar(40)       COLLATE Latin1_General_100_BIN2 NULL,
  AchievementId      uniqueidentifier  NULL,
  AchievementVersion int               NULL,
  AchievementHash    varbinary(32)     NULL CONSTRAINT CK_LedgerEntry_AchievementHash CHECK (DATALENGTH(AchievementHash) = 32),
  Hours              decimal(18, 6)    NULL,
  Credits            decimal(18, 6)    NULL,
  CreditSystem       nvarchar(40)      COLLATE Latin1_General_100_BIN2 NULL,
  Passed             bit               NULL,
  SubjectRef         varbinary(32)     NULL CONSTRAINT CK_LedgerEntry_SubjectRef CHECK (DATALENGTH(SubjectRef) = 32),
  EntryBytes         varbinary(max)    NOT NULL CONSTRAINT CK_LedgerEntry_EntryBytes CHECK (DATALENGTH(EntryBytes) BETWEEN 1 AND 65535),
  LeafHash           varbinary(32)     NOT NULL CONSTRAINT CK_LedgerEntry_LeafHash CHECK (DATALENGTH(LeafHash) = 32),
  CONSTRAINT PK_LedgerEntry PRIMARY KEY (LogId, Number),
  CONSTRAINT FK_LedgerEntry_LedgerHead FOREIGN KEY (LogId) REFERENCES LedgerHead (LogId),
  CONSTRAINT CK_LedgerEntry_Award CHECK (
    (Kind = 'achievement.published' AND AwardId IS NULL)
    OR (Kind <> 'achievement.published' AND AwardId IS NOT NULL)),
  CONSTRAINT CK_LedgerEntry_Achievement CHECK (
    (Kind IN ('achievement.published', 'award.issued') AND AchievementId IS NOT NULL)
    OR (Kind NOT IN ('achievement.published', 'award.issued') AND AchievementId IS NULL))
) /* WITH (LEDGER = ON (APPEND_ONLY = ON)) */;
GO
INSERT INTO LedgerEntry (
  LogId, Number, Kind, OccurredAt, AwardId, AchievementId, AchievementVersion, AchievementHash,
  Hours, Credits, CreditSystem, Passed, SubjectRef, EntryBytes, LeafHash)
SELECT
  LogId, Number, Kind, OccurredAt, AwardId, AchievementId, AchievementVersion, AchievementHash,
  Hours, Credits, CreditSystem, Passed, SubjectRef, EntryBytes, LeafHash
FROM EntryAside
ORDER BY LogId, Number;
GO
DROP TABLE EntryAside;
GO
CREATE INDEX IX_LedgerEntry_AwardId ON LedgerEntry (AwardId);
GO
CREATE INDEX IX_LedgerEntry_Published ON LedgerEntry (AchievementId, AchievementVersion) WHERE Kind = 'achievement.published';
GO
CREATE TRIGGER LedgerEntry_NoChange ON LedgerEntry AFTER UPDATE, DELETE AS
BEGIN
  SET NOCOUNT ON;
  THROW 51001, N'ledger entries are never changed or deleted', 1;
END;
GO
-- Entries come before the head that counts them: an append writes its entries one after the other and the head row last.
CREATE TRIGGER LedgerEntry_NextNumberOnly ON LedgerEntry AFTER INSERT AS
BEGIN
  SET NOCOUNT ON;
  IF EXISTS (
    SELECT 1 FROM inserted AS i
    WHERE i.Number < 1
       OR (i.Number > 1 AND NOT EXISTS (SELECT 1 FROM LedgerEntry AS p WHERE p.LogId = i.LogId AND p.Number = i.Number - 1)))
    THROW 51002, N'a ledger entry takes the next number of its log', 1;
END;
GO
CREATE TRIGGER LedgerHead_OnlyGrows ON LedgerHead AFTER UPDATE AS
BEGIN
  SET NOCOUNT ON;
  -- A changed LogId or Origin leaves an old row without its new one.
  IF EXISTS (
    SELECT 1 FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.LogId = d.LogId AND i.Origin = d.Origin AND i.Size >= d.Size))
    THROW 51005, N'a log keeps its name and only grows', 1;
  IF EXISTS (
    SELECT 1 FROM inserted AS i
    WHERE i.Size <> (SELECT COALESCE(MAX(e.Number), 0) FROM LedgerEntry AS e WHERE e.LogId = i.LogId))
    THROW 51006, N'a log counts exactly its entries', 1;
END;
GO

-- C2SP tlog-tiles: the full tiles of a log's hash tree, 256 hashes each. The root comes first: the tiles above are made of roots alone.
CREATE TABLE LedgerTile (
  LogId     uniqueidentifier NOT NULL,
  Level     int              NOT NULL CONSTRAINT CK_LedgerTile_Level CHECK (Level BETWEEN 0 AND 6),
  TileIndex bigint           NOT NULL CONSTRAINT CK_LedgerTile_TileIndex CHECK (TileIndex >= 0),
  Root      varbinary(32)    NOT NULL CONSTRAINT CK_LedgerTile_Root CHECK (DATALENGTH(Root) = 32),
  Hashes    varbinary(max)   NOT NULL CONSTRAINT CK_LedgerTile_Hashes CHECK (DATALENGTH(Hashes) = 8192),
  CONSTRAINT PK_LedgerTile PRIMARY KEY (LogId, Level, TileIndex),
  CONSTRAINT FK_LedgerTile_LedgerHead FOREIGN KEY (LogId) REFERENCES LedgerHead (LogId)
) /* WITH (LEDGER = ON (APPEND_ONLY = ON)) */;
GO
-- Roots are read by the hundred, without the kilobytes beside them.
CREATE INDEX LedgerTile_Root ON LedgerTile (LogId, Level, TileIndex) INCLUDE (Root);
GO
CREATE TRIGGER LedgerTile_NoChange ON LedgerTile AFTER UPDATE, DELETE AS
BEGIN
  SET NOCOUNT ON;
  THROW 51007, N'full tiles are never changed or deleted', 1;
END;
GO
CREATE TRIGGER LedgerTile_NextOnly ON LedgerTile AFTER INSERT AS
BEGIN
  SET NOCOUNT ON;
  IF EXISTS (
    SELECT 1 FROM inserted AS i
    WHERE i.TileIndex > 0
      AND NOT EXISTS (SELECT 1 FROM LedgerTile AS p WHERE p.LogId = i.LogId AND p.Level = i.Level AND p.TileIndex = i.TileIndex - 1))
    THROW 51008, N'a tile takes the next place of its level', 1;
END;
GO

-- C2SP tlog-checkpoint: what the log signed about itself. Root stands in the note as well, and the two are compared.
CREATE TABLE LedgerCheckpoint (
  LogId uniqueidentifier NOT NULL,
  Size  bigint           NOT NULL CONSTRAINT CK_LedgerCheckpoint_Size CHECK (Size > 0),
  Root  varbinary(32)    NOT NULL CONSTRAINT CK_LedgerCheckpoint_Root CHECK (DATALENGTH(Root) = 32),
  Note  varbinary(max)   NOT NULL,
  CONSTRAINT PK_LedgerCheckpoint PRIMARY KEY (LogId, Size),
  CONSTRAINT FK_LedgerCheckpoint_LedgerHead FOREIGN KEY (LogId) REFERENCES LedgerHead (LogId)
) /* WITH (LEDGER = ON (APPEND_ONLY = ON)) */;
GO
CREATE TRIGGER LedgerCheckpoint_NoChange ON LedgerCheckpoint AFTER UPDATE, DELETE AS
BEGIN
  SET NOCOUNT ON;
  THROW 51009, N'checkpoints are never changed or deleted', 1;
END;
GO
CREATE TRIGGER LedgerCheckpoint_OnlyGrows ON LedgerCheckpoint AFTER INSERT AS
BEGIN
  SET NOCOUNT ON;
  IF EXISTS (
    SELECT 1 FROM inserted AS i
    WHERE EXISTS (SELECT 1 FROM LedgerCheckpoint AS c WHERE c.LogId = i.LogId AND c.Size > i.Size)
       OR EXISTS (SELECT 1 FROM LedgerHead AS h WHERE h.LogId = i.LogId AND h.Size < i.Size))
    THROW 51010, N'a checkpoint is of more entries than the one before, and of no more than the log has', 1;
END;
GO

-- Always empty. TRUNCATE fires no trigger, but is refused for a table that a foreign key points to.
CREATE TABLE TruncateGuard (
  LogId     uniqueidentifier NOT NULL CONSTRAINT PK_TruncateGuard PRIMARY KEY,
  Number    bigint           NOT NULL,
  Level     int              NOT NULL,
  TileIndex bigint           NOT NULL,
  Size      bigint           NOT NULL,
  CONSTRAINT CK_TruncateGuard_Empty CHECK (1 = 0),
  CONSTRAINT FK_TruncateGuard_LedgerEntry FOREIGN KEY (LogId, Number) REFERENCES LedgerEntry (LogId, Number),
  CONSTRAINT FK_TruncateGuard_LedgerTile FOREIGN KEY (LogId, Level, TileIndex) REFERENCES LedgerTile (LogId, Level, TileIndex),
  CONSTRAINT FK_TruncateGuard_LedgerCheckpoint FOREIGN KEY (LogId, Size) REFERENCES LedgerCheckpoint (LogId, Size)
);
GO
