-- Awards hold what the ledger proves, and nothing else. What led to them, and whose they are, can be erased.

CREATE TABLE PassRule (
  PassRuleId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  ActivityId uniqueidentifier NOT NULL REFERENCES Activity (ActivityId),
  Version int NOT NULL,
  ThresholdPercent decimal(5,2) NOT NULL,
  CreatedAt datetime2(6) NOT NULL,
  UNIQUE (ActivityId, Version)
);
GO
INSERT INTO PassRule (PassRuleId, TenantId, ActivityId, Version, ThresholdPercent, CreatedAt)
SELECT AwardRuleId, TenantId, ActivityId, Version, ThresholdPercent, CreatedAt FROM AwardRule;
GO

-- The constraints of a table whose columns leave have names of the server's own: the rows step aside and come back.
SELECT AwardId, TenantId, LearnerId, AchievementId, AchievementVersion, ActivityId, AwardRuleId, ResultId, State, IssuedAt
INTO AwardAside FROM Award;
GO
SELECT AwardId, Code, PublicSince, CelebratedAt
INTO PageAside FROM CredentialPage;
GO
DROP TABLE CredentialPage;
GO
DROP TABLE Award;
GO
DROP TABLE AwardRule;
GO

CREATE TABLE Award (
  AwardId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  LearnerId uniqueidentifier NULL REFERENCES Learner (LearnerId), -- NULL: erased
  AchievementId uniqueidentifier NOT NULL,
  AchievementVersion int NOT NULL,
  State varchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  IssuedAt datetime2(6) NOT NULL,
  FOREIGN KEY (AchievementId, AchievementVersion) REFERENCES AchievementVersion (AchievementId, Version)
);
GO
INSERT INTO Award (AwardId, TenantId, LearnerId, AchievementId, AchievementVersion, State, IssuedAt)
SELECT AwardId, TenantId, LearnerId, AchievementId, AchievementVersion, State, IssuedAt FROM AwardAside;
GO
CREATE INDEX Award_Learner ON Award (LearnerId, AchievementId);
GO
CREATE INDEX Award_Achievement ON Award (AchievementId, AchievementVersion);
GO

-- What an award was given for.
CREATE TABLE Evidence (
  AwardId uniqueidentifier NOT NULL PRIMARY KEY REFERENCES Award (AwardId),
  ActivityId uniqueidentifier NOT NULL REFERENCES Activity (ActivityId),
  PassRuleId uniqueidentifier NOT NULL REFERENCES PassRule (PassRuleId),
  ResultId uniqueidentifier NOT NULL REFERENCES Result (ResultId)
);
GO
INSERT INTO Evidence (AwardId, ActivityId, PassRuleId, ResultId)
SELECT AwardId, ActivityId, AwardRuleId, ResultId FROM AwardAside;
GO
DROP TABLE AwardAside;
GO

-- The page of a credential: private until the learner says otherwise.
CREATE TABLE CredentialPage (
  AwardId uniqueidentifier NOT NULL PRIMARY KEY REFERENCES Award (AwardId),
  Code varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE,
  PublicSince datetime2(6) NULL,
  CelebratedAt datetime2(6) NULL
);
GO
INSERT INTO CredentialPage (AwardId, Code, PublicSince, CelebratedAt)
SELECT AwardId, Code, PublicSince, CelebratedAt FROM PageAside;
GO
DROP TABLE PageAside;
GO

-- What signs a log's checkpoints: Ed25519, named as the log. The public half (C2SP signed-note) stays for ever; the sealed half goes when it signs no more.
CREATE TABLE LogKey (
  LogKeyId uniqueidentifier NOT NULL PRIMARY KEY,
  LogId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  VerifierKey varchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE,
  SealedSeed nvarchar(max) NULL,
  SignsFrom datetime2(6) NOT NULL,
  SignsUntil datetime2(6) NULL
);
GO
CREATE INDEX LogKey_LogId ON LogKey (LogId, SignsFrom);
GO

-- When a log was signed. For people to look at; nothing proves it.
CREATE TABLE Signing (
  LogId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  Size bigint NOT NULL,
  SignedAt datetime2(6) NOT NULL,
  PRIMARY KEY (LogId, Size)
);
GO

-- Who may read the entries of an institution's log.
CREATE TABLE AuditorKey (
  AuditorKeyId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  Name nvarchar(200) NOT NULL,
  TokenHash varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE,
  CreatedAt datetime2(6) NOT NULL,
  RevokedAt datetime2(6) NULL
);
GO
CREATE INDEX AuditorKey_TenantId ON AuditorKey (TenantId);
GO
