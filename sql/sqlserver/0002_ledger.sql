-- The ledger: one append-only Merkle log per tenant.
-- Times are UTC to the microsecond. Text is compared by code point, as it is hashed.

CREATE TABLE LedgerHead (
  LogId     uniqueidentifier  NOT NULL CONSTRAINT PK_LedgerHead PRIMARY KEY,
  Origin    varchar(255)      COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT UQ_LedgerHead_Origin UNIQUE,
  CreatedAt datetimeoffset(6) NOT NULL, -- for the operator; not evidence, nothing is hashed over it
  Size      bigint            NOT NULL CONSTRAINT CK_LedgerHead_Size CHECK (Size >= 0),
  Frontier  varbinary(2048)   NOT NULL CONSTRAINT CK_LedgerHead_Frontier CHECK (DATALENGTH(Frontier) % 32 = 0), -- one hash per set bit of Size, largest subtree first
  Root      varbinary(32)     NOT NULL CONSTRAINT CK_LedgerHead_Root CHECK (DATALENGTH(Root) = 32)
);
GO
CREATE TABLE LedgerEntry (
  LogId              uniqueidentifier  NOT NULL,
  Number             bigint            NOT NULL,
  Kind               varchar(40)       COLLATE Latin1_General_100_BIN2 NOT NULL,
  OccurredAt         datetimeoffset(6) NOT NULL,
  AwardId            uniqueidentifier  NOT NULL,
  AchievementId      uniqueidentifier  NOT NULL,
  AchievementVersion int               NOT NULL,
  AchievementHash    varbinary(32)     NOT NULL CONSTRAINT CK_LedgerEntry_AchievementHash CHECK (DATALENGTH(AchievementHash) = 32),
  Hours              decimal(18, 6)    NOT NULL,
  Credits            decimal(18, 6)    NULL,
  CreditSystem       nvarchar(40)      COLLATE Latin1_General_100_BIN2 NULL,
  Passed             bit               NOT NULL,
  SubjectRef         varbinary(32)     NOT NULL CONSTRAINT CK_LedgerEntry_SubjectRef CHECK (DATALENGTH(SubjectRef) = 32),
  EntryBytes         varbinary(max)    NOT NULL CONSTRAINT CK_LedgerEntry_EntryBytes CHECK (DATALENGTH(EntryBytes) BETWEEN 1 AND 65535),
  LeafHash           varbinary(32)     NOT NULL CONSTRAINT CK_LedgerEntry_LeafHash CHECK (DATALENGTH(LeafHash) = 32),
  CONSTRAINT PK_LedgerEntry PRIMARY KEY (LogId, Number),
  CONSTRAINT FK_LedgerEntry_LedgerHead FOREIGN KEY (LogId) REFERENCES LedgerHead (LogId)
);
GO
CREATE INDEX IX_LedgerEntry_AwardId ON LedgerEntry (AwardId);
GO
-- Always empty. TRUNCATE fires no trigger, but is refused for a table that a foreign key points to.
CREATE TABLE LedgerTruncateGuard (
  LogId  uniqueidentifier NOT NULL,
  Number bigint           NOT NULL,
  CONSTRAINT PK_LedgerTruncateGuard PRIMARY KEY (LogId, Number),
  CONSTRAINT FK_LedgerTruncateGuard_LedgerEntry FOREIGN KEY (LogId, Number) REFERENCES LedgerEntry (LogId, Number)
);
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
CREATE TRIGGER LedgerHead_StartsEmpty ON LedgerHead AFTER INSERT AS
BEGIN
  SET NOCOUNT ON;
  IF EXISTS (SELECT 1 FROM inserted AS i WHERE i.Size <> 0)
    THROW 51003, N'a log starts empty', 1;
END;
GO
CREATE TRIGGER LedgerHead_NoDelete ON LedgerHead AFTER DELETE AS
BEGIN
  SET NOCOUNT ON;
  THROW 51004, N'a log is never deleted', 1;
END;
GO
CREATE TRIGGER LedgerHead_OnlyGrows ON LedgerHead AFTER UPDATE AS
BEGIN
  SET NOCOUNT ON;
  -- A changed LogId, Origin or CreatedAt leaves an old row without its new one.
  IF EXISTS (
    SELECT 1 FROM deleted AS d
    WHERE NOT EXISTS (
      SELECT 1 FROM inserted AS i
      WHERE i.LogId = d.LogId AND i.Origin = d.Origin AND i.CreatedAt = d.CreatedAt AND i.Size >= d.Size))
    THROW 51005, N'a log keeps its name and only grows', 1;
  IF EXISTS (
    SELECT 1 FROM inserted AS i
    WHERE i.Size <> (SELECT COALESCE(MAX(e.Number), 0) FROM LedgerEntry AS e WHERE e.LogId = i.LogId))
    THROW 51006, N'a log counts exactly its entries', 1;
END;
