-- Institutions, platforms, people, courses, achievements, results and awards.
-- Ids are lower-case GUID text, times yyyy-MM-ddTHH:mm:ss.ffffffZ, decimals text, flags 0 or 1.

CREATE TABLE Tenant (
  TenantId TEXT NOT NULL PRIMARY KEY,
  Name TEXT NOT NULL UNIQUE,
  CreatedAt TEXT NOT NULL
) STRICT;

-- What Data Protection seals with; each element is itself wrapped by the master key outside the database.
CREATE TABLE ProtectionKey (
  ProtectionKeyId TEXT NOT NULL PRIMARY KEY,
  Element TEXT NOT NULL,
  CreatedAt TEXT NOT NULL
) STRICT;

-- The tool's RSA keys, one set for each registration and made before it: the private half sealed, the public half derived from it.
CREATE TABLE ToolKey (
  KeyId TEXT NOT NULL PRIMARY KEY,
  PlatformId TEXT NOT NULL,
  SealedKey TEXT NOT NULL,
  CreatedAt TEXT NOT NULL
) STRICT;

CREATE INDEX ToolKey_PlatformId ON ToolKey (PlatformId);

CREATE TABLE PlatformInvite (
  PlatformInviteId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  TokenHash TEXT NOT NULL UNIQUE,
  CreatedAt TEXT NOT NULL,
  ExpiresAt TEXT NOT NULL,
  ClaimedAt TEXT NULL,
  SpentAt TEXT NULL
) STRICT;

CREATE TABLE Platform (
  PlatformId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  Issuer TEXT NOT NULL,
  ClientId TEXT NOT NULL,
  AuthorizationEndpoint TEXT NOT NULL,
  TokenEndpoint TEXT NOT NULL,
  JwksUri TEXT NOT NULL,
  AuthorizationServer TEXT NULL,
  ProductFamily TEXT NULL,
  ProductVersion TEXT NULL,
  CreatedAt TEXT NOT NULL,
  UNIQUE (Issuer, ClientId)
) STRICT;

CREATE TABLE Deployment (
  DeploymentKey TEXT NOT NULL PRIMARY KEY,
  PlatformId TEXT NOT NULL REFERENCES Platform (PlatformId),
  DeploymentId TEXT NOT NULL,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  ApprovedAt TEXT NULL,
  FirstSeenAt TEXT NOT NULL,
  LastLaunchAt TEXT NULL,
  TurnedAway INTEGER NOT NULL,
  UNIQUE (PlatformId, DeploymentId)
) STRICT;

CREATE TABLE UsedNonce (
  NonceHash TEXT NOT NULL PRIMARY KEY,
  ExpiresAt TEXT NOT NULL
) STRICT;
CREATE INDEX UsedNonce_ExpiresAt ON UsedNonce (ExpiresAt);

CREATE TABLE OperatorLink (
  TokenHash TEXT NOT NULL PRIMARY KEY,
  ExpiresAt TEXT NOT NULL,
  SpentAt TEXT NULL
) STRICT;

CREATE TABLE OperatorSession (
  TokenHash TEXT NOT NULL PRIMARY KEY,
  ExpiresAt TEXT NOT NULL
) STRICT;

-- A learner is a tenant, a platform (issuer + client_id) and a sub. Never joined by e-mail.
CREATE TABLE Learner (
  LearnerId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  PlatformId TEXT NOT NULL REFERENCES Platform (PlatformId),
  Subject TEXT NOT NULL,
  CreatedAt TEXT NOT NULL,
  UNIQUE (TenantId, PlatformId, Subject)
) STRICT;

-- Erasable: what names a learner, and the key that links the learner's ledger entries.
CREATE TABLE LearnerProfile (
  LearnerId TEXT NOT NULL PRIMARY KEY REFERENCES Learner (LearnerId),
  Name TEXT NULL,
  Email TEXT NULL,
  Locale TEXT NULL,
  SubjectKey BLOB NOT NULL
) STRICT;

CREATE TABLE Course (
  CourseId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  PlatformId TEXT NOT NULL REFERENCES Platform (PlatformId),
  DeploymentKey TEXT NOT NULL REFERENCES Deployment (DeploymentKey),
  ContextId TEXT NOT NULL,
  Label TEXT NULL,
  Title TEXT NULL,
  LineItemsUrl TEXT NULL,
  MembershipsUrl TEXT NULL,
  RosterReadAt TEXT NULL,
  CreatedAt TEXT NOT NULL,
  UNIQUE (DeploymentKey, ContextId)
) STRICT;

-- Seen: 'roster' (the LMS listed them) or 'launch' (they came by themselves).
CREATE TABLE CourseMember (
  CourseId TEXT NOT NULL REFERENCES Course (CourseId),
  LearnerId TEXT NOT NULL REFERENCES Learner (LearnerId),
  IsLearner INTEGER NOT NULL,
  IsActive INTEGER NOT NULL,
  Seen TEXT NOT NULL,
  FirstOpenedAt TEXT NULL,
  PRIMARY KEY (CourseId, LearnerId)
) STRICT;

CREATE TABLE Achievement (
  AchievementId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  CreatedAt TEXT NOT NULL
) STRICT;

-- Content is RFC 8785 JSON of all that follows it; Hash is its SHA-256. A published version never changes.
CREATE TABLE AchievementVersion (
  AchievementId TEXT NOT NULL REFERENCES Achievement (AchievementId),
  Version INTEGER NOT NULL,
  Title TEXT NOT NULL,
  Description TEXT NOT NULL,
  Outcomes TEXT NOT NULL,
  Hours TEXT NOT NULL,
  Credits TEXT NULL,
  Level INTEGER NOT NULL,
  Content BLOB NOT NULL,
  Hash BLOB NOT NULL,
  PublishedAt TEXT NOT NULL,
  PRIMARY KEY (AchievementId, Version)
) STRICT;
CREATE TRIGGER AchievementVersion_NoUpdate BEFORE UPDATE ON AchievementVersion
BEGIN SELECT RAISE(ABORT, 'a published achievement version never changes'); END;
CREATE TRIGGER AchievementVersion_NoDelete BEFORE DELETE ON AchievementVersion
BEGIN SELECT RAISE(ABORT, 'a published achievement version is never deleted'); END;

-- What a deep linking answer put into the course: our identifier in its custom parameters picks the settings.
CREATE TABLE ContentLink (
  ContentLinkId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  AchievementId TEXT NOT NULL,
  AchievementVersion INTEGER NOT NULL,
  ThresholdPercent TEXT NOT NULL,
  CreatedAt TEXT NOT NULL,
  FOREIGN KEY (AchievementId, AchievementVersion) REFERENCES AchievementVersion (AchievementId, Version)
) STRICT;

-- Revision counts the pages of results recorded; raising it takes the activity's row lock.
CREATE TABLE Activity (
  ActivityId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  CourseId TEXT NOT NULL REFERENCES Course (CourseId),
  ResourceLinkId TEXT NOT NULL,
  AchievementId TEXT NOT NULL,
  AchievementVersion INTEGER NOT NULL,
  Revision INTEGER NOT NULL,
  CreatedAt TEXT NOT NULL,
  UNIQUE (CourseId, ResourceLinkId),
  FOREIGN KEY (AchievementId, AchievementVersion) REFERENCES AchievementVersion (AchievementId, Version)
) STRICT;

CREATE TABLE AwardRule (
  AwardRuleId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  ActivityId TEXT NOT NULL REFERENCES Activity (ActivityId),
  Version INTEGER NOT NULL,
  ThresholdPercent TEXT NOT NULL,
  CreatedAt TEXT NOT NULL,
  UNIQUE (ActivityId, Version)
) STRICT;

-- A column of the LMS's gradebook that we read. Way: 'own' or 'formula'. InUse: its results count.
-- The rest is the reading's own state: when next, who reads it now, how the last readings went.
CREATE TABLE LineItem (
  LineItemId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  ActivityId TEXT NOT NULL REFERENCES Activity (ActivityId),
  Way TEXT NOT NULL,
  Url TEXT NOT NULL,
  Label TEXT NOT NULL,
  InUse INTEGER NOT NULL,
  ActiveAt TEXT NOT NULL,
  NextReadAt TEXT NOT NULL,
  LeasedUntil TEXT NULL,
  ReadAt TEXT NULL,
  FailingSince TEXT NULL,
  Failures INTEGER NOT NULL,
  FailureKind TEXT NULL,
  FailureReference TEXT NULL,
  UNIQUE (ActivityId, Way)
) STRICT;
CREATE INDEX LineItem_NextReadAt ON LineItem (NextReadAt) WHERE InUse = 1;

-- One observation of a learner's assessment; only ever added. Receipt: the activity's revision that brought it.
CREATE TABLE Result (
  ResultId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  ActivityId TEXT NOT NULL REFERENCES Activity (ActivityId),
  LineItemId TEXT NOT NULL REFERENCES LineItem (LineItemId),
  LearnerId TEXT NOT NULL REFERENCES Learner (LearnerId),
  Receipt INTEGER NOT NULL,
  Score TEXT NULL,
  Maximum TEXT NOT NULL,
  GradedAt TEXT NULL,
  ReceivedAt TEXT NOT NULL,
  MessageHash BLOB NOT NULL,
  UNIQUE (LineItemId, LearnerId, Receipt)
) STRICT;
CREATE INDEX Result_Activity_Learner ON Result (ActivityId, LearnerId);

CREATE TABLE Award (
  AwardId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  LearnerId TEXT NOT NULL REFERENCES Learner (LearnerId),
  AchievementId TEXT NOT NULL,
  AchievementVersion INTEGER NOT NULL,
  ActivityId TEXT NOT NULL REFERENCES Activity (ActivityId),
  AwardRuleId TEXT NOT NULL REFERENCES AwardRule (AwardRuleId),
  ResultId TEXT NOT NULL REFERENCES Result (ResultId),
  State TEXT NOT NULL,
  IssuedAt TEXT NOT NULL,
  FOREIGN KEY (AchievementId, AchievementVersion) REFERENCES AchievementVersion (AchievementId, Version)
) STRICT;
CREATE INDEX Award_Learner ON Award (LearnerId, AchievementId);
CREATE INDEX Award_Achievement ON Award (AchievementId);

-- The key that makes an award idempotent: who holds which achievement, by which award.
CREATE TABLE HeldAward (
  LearnerId TEXT NOT NULL REFERENCES Learner (LearnerId),
  AchievementId TEXT NOT NULL REFERENCES Achievement (AchievementId),
  AwardId TEXT NOT NULL UNIQUE REFERENCES Award (AwardId) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (LearnerId, AchievementId)
) STRICT;

-- The page of a credential: private until the learner says otherwise.
CREATE TABLE CredentialPage (
  AwardId TEXT NOT NULL PRIMARY KEY REFERENCES Award (AwardId),
  Code TEXT NOT NULL UNIQUE,
  PublicSince TEXT NULL,
  CelebratedAt TEXT NULL
) STRICT;

-- One launch in one browser. The cookie names the browser, the path the launch; both must match.
CREATE TABLE LaunchSession (
  LaunchId TEXT NOT NULL PRIMARY KEY,
  BrowserHash TEXT NOT NULL,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  PlatformId TEXT NOT NULL REFERENCES Platform (PlatformId),
  DeploymentKey TEXT NOT NULL REFERENCES Deployment (DeploymentKey),
  CourseId TEXT NULL REFERENCES Course (CourseId),
  ActivityId TEXT NULL REFERENCES Activity (ActivityId),
  ResourceLinkId TEXT NULL,
  LearnerId TEXT NOT NULL REFERENCES Learner (LearnerId),
  Kind TEXT NOT NULL,
  Details TEXT NOT NULL,
  CreatedAt TEXT NOT NULL,
  ExpiresAt TEXT NOT NULL
) STRICT;
CREATE INDEX LaunchSession_Browser ON LaunchSession (BrowserHash, CreatedAt);
CREATE INDEX LaunchSession_ExpiresAt ON LaunchSession (ExpiresAt);
