-- Institutions, platforms, people, courses, achievements, results and awards.
-- Text that is compared is compared byte by byte (BIN2): a client_id differs from another by case alone.

CREATE TABLE Tenant (
  TenantId uniqueidentifier NOT NULL PRIMARY KEY,
  Name nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE,
  CreatedAt datetime2(6) NOT NULL
);
GO

-- What Data Protection seals with; each element is itself wrapped by the master key outside the database.
CREATE TABLE ProtectionKey (
  ProtectionKeyId uniqueidentifier NOT NULL PRIMARY KEY,
  Element nvarchar(max) NOT NULL,
  CreatedAt datetime2(6) NOT NULL
);
GO

-- The tool's RSA keys, one set for each registration and made before it: the private half sealed, the public half derived from it.
CREATE TABLE ToolKey (
  KeyId varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
  PlatformId uniqueidentifier NOT NULL,
  SealedKey nvarchar(max) NOT NULL,
  CreatedAt datetime2(6) NOT NULL
);
GO

CREATE INDEX ToolKey_PlatformId ON ToolKey (PlatformId);
GO

CREATE TABLE PlatformInvite (
  PlatformInviteId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  TokenHash varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE,
  CreatedAt datetime2(6) NOT NULL,
  ExpiresAt datetime2(6) NOT NULL,
  ClaimedAt datetime2(6) NULL,
  SpentAt datetime2(6) NULL
);
GO

CREATE TABLE Platform (
  PlatformId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  Issuer nvarchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  ClientId nvarchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  AuthorizationEndpoint nvarchar(max) NOT NULL,
  TokenEndpoint nvarchar(max) NOT NULL,
  JwksUri nvarchar(max) NOT NULL,
  AuthorizationServer nvarchar(max) NULL,
  ProductFamily nvarchar(100) NULL,
  ProductVersion nvarchar(100) NULL,
  CreatedAt datetime2(6) NOT NULL,
  UNIQUE (Issuer, ClientId)
);
GO

CREATE TABLE Deployment (
  DeploymentKey uniqueidentifier NOT NULL PRIMARY KEY,
  PlatformId uniqueidentifier NOT NULL REFERENCES Platform (PlatformId),
  DeploymentId nvarchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  ApprovedAt datetime2(6) NULL,
  FirstSeenAt datetime2(6) NOT NULL,
  LastLaunchAt datetime2(6) NULL,
  TurnedAway int NOT NULL,
  UNIQUE (PlatformId, DeploymentId)
);
GO

CREATE TABLE UsedNonce (
  NonceHash varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
  ExpiresAt datetime2(6) NOT NULL
);
GO
CREATE INDEX UsedNonce_ExpiresAt ON UsedNonce (ExpiresAt);
GO

CREATE TABLE OperatorLink (
  TokenHash varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
  ExpiresAt datetime2(6) NOT NULL,
  SpentAt datetime2(6) NULL
);
GO

CREATE TABLE OperatorSession (
  TokenHash varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
  ExpiresAt datetime2(6) NOT NULL
);
GO

-- A learner is a tenant, a platform (issuer + client_id) and a sub. Never joined by e-mail.
CREATE TABLE Learner (
  LearnerId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  PlatformId uniqueidentifier NOT NULL REFERENCES Platform (PlatformId),
  Subject nvarchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  CreatedAt datetime2(6) NOT NULL,
  UNIQUE (TenantId, PlatformId, Subject)
);
GO

-- Erasable: what names a learner, and the key that links the learner's ledger entries.
CREATE TABLE LearnerProfile (
  LearnerId uniqueidentifier NOT NULL PRIMARY KEY REFERENCES Learner (LearnerId),
  Name nvarchar(200) COLLATE Latin1_General_100_BIN2 NULL,
  Email nvarchar(320) NULL,
  Locale nvarchar(35) NULL,
  SubjectKey varbinary(32) NOT NULL
);
GO

CREATE TABLE Course (
  CourseId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  PlatformId uniqueidentifier NOT NULL REFERENCES Platform (PlatformId),
  DeploymentKey uniqueidentifier NOT NULL REFERENCES Deployment (DeploymentKey),
  ContextId nvarchar(260) COLLATE Latin1_General_100_BIN2 NOT NULL,
  Label nvarchar(255) NULL,
  Title nvarchar(400) NULL,
  LineItemsUrl nvarchar(max) NULL,
  MembershipsUrl nvarchar(max) NULL,
  RosterReadAt datetime2(6) NULL,
  CreatedAt datetime2(6) NOT NULL,
  UNIQUE (DeploymentKey, ContextId)
);
GO

-- Seen: 'roster' (the LMS listed them) or 'launch' (they came by themselves).
CREATE TABLE CourseMember (
  CourseId uniqueidentifier NOT NULL REFERENCES Course (CourseId),
  LearnerId uniqueidentifier NOT NULL REFERENCES Learner (LearnerId),
  IsLearner bit NOT NULL,
  IsActive bit NOT NULL,
  Seen varchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  FirstOpenedAt datetime2(6) NULL,
  PRIMARY KEY (CourseId, LearnerId)
);
GO

CREATE TABLE Achievement (
  AchievementId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  CreatedAt datetime2(6) NOT NULL
);
GO

-- Content is RFC 8785 JSON of all that follows it; Hash is its SHA-256. A published version never changes.
CREATE TABLE AchievementVersion (
  AchievementId uniqueidentifier NOT NULL REFERENCES Achievement (AchievementId),
  Version int NOT NULL,
  Title nvarchar(400) NOT NULL,
  Description nvarchar(max) NOT NULL,
  Outcomes nvarchar(max) NOT NULL,
  Hours decimal(9,2) NOT NULL,
  Credits decimal(9,2) NULL,
  Level int NOT NULL,
  Content varbinary(max) NOT NULL,
  Hash varbinary(32) NOT NULL,
  PublishedAt datetime2(6) NOT NULL,
  PRIMARY KEY (AchievementId, Version)
);
GO
CREATE TRIGGER AchievementVersion_NoChange ON AchievementVersion AFTER UPDATE, DELETE AS
BEGIN
  THROW 51000, 'A published achievement version never changes and is never deleted.', 1;
END;
GO

-- What a deep linking answer put into the course: our identifier in its custom parameters picks the settings.
CREATE TABLE ContentLink (
  ContentLinkId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  AchievementId uniqueidentifier NOT NULL,
  AchievementVersion int NOT NULL,
  ThresholdPercent decimal(5,2) NOT NULL,
  CreatedAt datetime2(6) NOT NULL,
  FOREIGN KEY (AchievementId, AchievementVersion) REFERENCES AchievementVersion (AchievementId, Version)
);
GO

-- Revision counts the pages of results recorded; raising it takes the activity's row lock.
CREATE TABLE Activity (
  ActivityId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  CourseId uniqueidentifier NOT NULL REFERENCES Course (CourseId),
  ResourceLinkId nvarchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  AchievementId uniqueidentifier NOT NULL,
  AchievementVersion int NOT NULL,
  Revision bigint NOT NULL,
  CreatedAt datetime2(6) NOT NULL,
  UNIQUE (CourseId, ResourceLinkId),
  FOREIGN KEY (AchievementId, AchievementVersion) REFERENCES AchievementVersion (AchievementId, Version)
);
GO

CREATE TABLE AwardRule (
  AwardRuleId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  ActivityId uniqueidentifier NOT NULL REFERENCES Activity (ActivityId),
  Version int NOT NULL,
  ThresholdPercent decimal(5,2) NOT NULL,
  CreatedAt datetime2(6) NOT NULL,
  UNIQUE (ActivityId, Version)
);
GO

-- A column of the LMS's gradebook that we read. Way: 'own' or 'formula'. InUse: its results count.
-- The rest is the reading's own state: when next, who reads it now, how the last readings went.
CREATE TABLE LineItem (
  LineItemId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  ActivityId uniqueidentifier NOT NULL REFERENCES Activity (ActivityId),
  Way varchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  Url nvarchar(max) NOT NULL,
  Label nvarchar(255) NOT NULL,
  InUse bit NOT NULL,
  ActiveAt datetime2(6) NOT NULL,
  NextReadAt datetime2(6) NOT NULL,
  LeasedUntil datetime2(6) NULL,
  ReadAt datetime2(6) NULL,
  FailingSince datetime2(6) NULL,
  Failures int NOT NULL,
  FailureKind varchar(40) NULL,
  FailureReference varchar(40) NULL,
  UNIQUE (ActivityId, Way)
);
GO
CREATE INDEX LineItem_NextReadAt ON LineItem (NextReadAt) WHERE InUse = 1;
GO

-- One observation of a learner's assessment; only ever added. Receipt: the activity's revision that brought it.
CREATE TABLE Result (
  ResultId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  ActivityId uniqueidentifier NOT NULL REFERENCES Activity (ActivityId),
  LineItemId uniqueidentifier NOT NULL REFERENCES LineItem (LineItemId),
  LearnerId uniqueidentifier NOT NULL REFERENCES Learner (LearnerId),
  Receipt bigint NOT NULL,
  Score decimal(28,18) NULL,
  Maximum decimal(28,18) NOT NULL,
  GradedAt datetime2(6) NULL,
  ReceivedAt datetime2(6) NOT NULL,
  MessageHash varbinary(32) NOT NULL,
  UNIQUE (LineItemId, LearnerId, Receipt)
);
GO
CREATE INDEX Result_Activity_Learner ON Result (ActivityId, LearnerId);
GO

CREATE TABLE Award (
  AwardId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  LearnerId uniqueidentifier NOT NULL REFERENCES Learner (LearnerId),
  AchievementId uniqueidentifier NOT NULL,
  AchievementVersion int NOT NULL,
  ActivityId uniqueidentifier NOT NULL REFERENCES Activity (ActivityId),
  AwardRuleId uniqueidentifier NOT NULL REFERENCES AwardRule (AwardRuleId),
  ResultId uniqueidentifier NOT NULL REFERENCES Result (ResultId),
  State varchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  IssuedAt datetime2(6) NOT NULL,
  FOREIGN KEY (AchievementId, AchievementVersion) REFERENCES AchievementVersion (AchievementId, Version)
);
GO
CREATE INDEX Award_Learner ON Award (LearnerId, AchievementId);
GO
CREATE INDEX Award_Achievement ON Award (AchievementId);
GO

-- The key that makes an award idempotent: who holds which achievement, by which award.
CREATE TABLE HeldAward (
  LearnerId uniqueidentifier NOT NULL REFERENCES Learner (LearnerId),
  AchievementId uniqueidentifier NOT NULL REFERENCES Achievement (AchievementId),
  AwardId uniqueidentifier NOT NULL UNIQUE,
  PRIMARY KEY (LearnerId, AchievementId)
);
GO

-- The page of a credential: private until the learner says otherwise.
CREATE TABLE CredentialPage (
  AwardId uniqueidentifier NOT NULL PRIMARY KEY REFERENCES Award (AwardId),
  Code varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE,
  PublicSince datetime2(6) NULL,
  CelebratedAt datetime2(6) NULL
);
GO

-- One launch in one browser. The cookie names the browser, the path the launch; both must match.
CREATE TABLE LaunchSession (
  LaunchId varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
  BrowserHash varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  PlatformId uniqueidentifier NOT NULL REFERENCES Platform (PlatformId),
  DeploymentKey uniqueidentifier NOT NULL REFERENCES Deployment (DeploymentKey),
  CourseId uniqueidentifier NULL REFERENCES Course (CourseId),
  ActivityId uniqueidentifier NULL REFERENCES Activity (ActivityId),
  ResourceLinkId nvarchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  LearnerId uniqueidentifier NOT NULL REFERENCES Learner (LearnerId),
  Kind varchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  Details nvarchar(max) NOT NULL,
  CreatedAt datetime2(6) NOT NULL,
  ExpiresAt datetime2(6) NOT NULL
);
GO
CREATE INDEX LaunchSession_Browser ON LaunchSession (BrowserHash, CreatedAt);
GO
CREATE INDEX LaunchSession_ExpiresAt ON LaunchSession (ExpiresAt);
GO
