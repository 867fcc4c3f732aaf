-- Awards hold what the ledger proves, and nothing else. What led to them, and whose they are, can be erased.

ALTER TABLE AwardRule RENAME TO PassRule;
ALTER TABLE PassRule RENAME COLUMN AwardRuleId TO PassRuleId;

CREATE TABLE AwardNew (
  AwardId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  LearnerId TEXT NULL REFERENCES Learner (LearnerId), -- NULL: erased
  AchievementId TEXT NOT NULL,
  AchievementVersion INTEGER NOT NULL,
  State TEXT NOT NULL,
  IssuedAt TEXT NOT NULL,
  FOREIGN KEY (AchievementId, AchievementVersion) REFERENCES AchievementVersion (AchievementId, Version)
) STRICT;

INSERT INTO AwardNew (AwardId, TenantId, LearnerId, AchievementId, AchievementVersion, State, IssuedAt)
SELECT AwardId, TenantId, LearnerId, AchievementId, AchievementVersion, State, IssuedAt FROM Award;

-- What an award was given for.
CREATE TABLE Evidence (
  AwardId TEXT NOT NULL PRIMARY KEY REFERENCES Award (AwardId),
  ActivityId TEXT NOT NULL REFERENCES Activity (ActivityId),
  PassRuleId TEXT NOT NULL REFERENCES PassRule (PassRuleId),
  ResultId TEXT NOT NULL REFERENCES Result (ResultId)
) STRICT;

INSERT INTO Evidence (AwardId, ActivityId, PassRuleId, ResultId)
SELECT AwardId, ActivityId, AwardRuleId, ResultId FROM Award;

DROP TABLE Award;
ALTER TABLE AwardNew RENAME TO Award;
CREATE INDEX Award_Learner ON Award (LearnerId, AchievementId);
CREATE INDEX Award_Achievement ON Award (AchievementId, AchievementVersion);

-- What signs a log's checkpoints: Ed25519, named as the log. The public half (C2SP signed-note) stays for ever; the sealed half goes when it signs no more.
CREATE TABLE LogKey (
  LogKeyId TEXT NOT NULL PRIMARY KEY,
  LogId TEXT NOT NULL REFERENCES Tenant (TenantId),
  VerifierKey TEXT NOT NULL UNIQUE,
  SealedSeed TEXT NULL,
  SignsFrom TEXT NOT NULL,
  SignsUntil TEXT NULL
) STRICT;
CREATE INDEX LogKey_LogId ON LogKey (LogId, SignsFrom);

-- When a log was signed. For people to look at; nothing proves it.
CREATE TABLE Signing (
  LogId TEXT NOT NULL REFERENCES Tenant (TenantId),
  Size INTEGER NOT NULL,
  SignedAt TEXT NOT NULL,
  PRIMARY KEY (LogId, Size)
) STRICT;

-- Who may read the entries of an institution's log.
CREATE TABLE AuditorKey (
  AuditorKeyId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  Name TEXT NOT NULL,
  TokenHash TEXT NOT NULL UNIQUE,
  CreatedAt TEXT NOT NULL,
  RevokedAt TEXT NULL
) STRICT;
CREATE INDEX AuditorKey_TenantId ON AuditorKey (TenantId);
