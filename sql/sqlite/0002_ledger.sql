-- The ledger: one append-only Merkle log per tenant.
-- Ids are lower-case text, times are UTC text to the microsecond, decimals are text without trailing zeros: the same forms as in the entry bytes.
-- WITHOUT ROWID: the primary key is the only way to address a row, so that no INSERT OR REPLACE can aim at another one.

CREATE TABLE LedgerHead (
  LogId     TEXT    NOT NULL PRIMARY KEY,
  Origin    TEXT    NOT NULL,
  CreatedAt TEXT    NOT NULL, -- for the operator; not evidence, nothing is hashed over it
  Size      INTEGER NOT NULL CHECK (Size >= 0),
  Frontier  BLOB    NOT NULL CHECK (length(Frontier) % 32 = 0), -- one hash per set bit of Size, largest subtree first
  Root      BLOB    NOT NULL CHECK (length(Root) = 32),
  CONSTRAINT UQ_LedgerHead_Origin UNIQUE (Origin)
) STRICT, WITHOUT ROWID;

CREATE TABLE LedgerEntry (
  LogId              TEXT    NOT NULL,
  Number             INTEGER NOT NULL,
  Kind               TEXT    NOT NULL,
  OccurredAt         TEXT    NOT NULL,
  AwardId            TEXT    NOT NULL,
  AchievementId      TEXT    NOT NULL,
  AchievementVersion INTEGER NOT NULL,
  AchievementHash    BLOB    NOT NULL CHECK (length(AchievementHash) = 32),
  Hours              TEXT    NOT NULL,
  Credits            TEXT    NULL,
  CreditSystem       TEXT    NULL,
  Passed             INTEGER NOT NULL CHECK (Passed IN (0, 1)),
  SubjectRef         BLOB    NOT NULL CHECK (length(SubjectRef) = 32),
  EntryBytes         BLOB    NOT NULL CHECK (length(EntryBytes) BETWEEN 1 AND 65535),
  LeafHash           BLOB    NOT NULL CHECK (length(LeafHash) = 32),
  CONSTRAINT PK_LedgerEntry PRIMARY KEY (LogId, Number),
  CONSTRAINT FK_LedgerEntry_LedgerHead FOREIGN KEY (LogId) REFERENCES LedgerHead (LogId)
) STRICT, WITHOUT ROWID;

CREATE INDEX IX_LedgerEntry_AwardId ON LedgerEntry (AwardId);

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

CREATE TRIGGER LedgerHead_NoDelete BEFORE DELETE ON LedgerHead
BEGIN
  SELECT RAISE(ABORT, 'a log is never deleted');
END;

CREATE TRIGGER LedgerHead_OnlyGrows BEFORE UPDATE ON LedgerHead
WHEN NEW.LogId <> OLD.LogId
  OR NEW.Origin <> OLD.Origin
  OR NEW.CreatedAt <> OLD.CreatedAt
  OR NEW.Size < OLD.Size
  OR NEW.Size <> (SELECT COALESCE(MAX(Number), 0) FROM LedgerEntry WHERE LogId = NEW.LogId)
BEGIN
  SELECT RAISE(ABORT, 'a log keeps its name, only grows, and counts exactly its entries');
END;
