-- Registrations by hand, keys that rotate, what a platform's refused launches looked like, notices, and launches that use their nonce by being kept.

-- Algorithms: of id_tokens taken from this platform, parted by spaces. Anonymous: 1 lets launches without sub look, never earn.
ALTER TABLE Platform ADD
  Name nvarchar(200) NULL,
  Algorithms varchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT 'RS256',
  Anonymous bit NOT NULL DEFAULT 0,
  ByHand bit NOT NULL DEFAULT 0;
GO

-- The registration that the link is for has its id from the start: its keys' address is pasted into the LMS before anything comes back.
ALTER TABLE PlatformInvite ADD PlatformId uniqueidentifier NULL;
GO

-- A key is published before it signs, and after another has taken over, until it is retired. A kid never comes back: retired rows stay, without the key.
ALTER TABLE ToolKey ADD
  SignsFrom datetime2(6) NULL,
  PublishedUntil datetime2(6) NULL;
GO

-- The last refusals of each registration, in a ring of slots; of logins that fit no registration under the id of zeros.
CREATE TABLE LaunchTrace (
  PlatformId uniqueidentifier NOT NULL,
  Slot int NOT NULL,
  Reference varchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  At datetime2(6) NOT NULL,
  Message varchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  Error varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  Reason nvarchar(1000) NOT NULL,
  Expected nvarchar(1000) NULL,
  Got nvarchar(1000) NULL,
  Spec varchar(100) NULL,
  PRIMARY KEY (PlatformId, Slot)
);
GO

-- Where a deployment takes the addresses of our notice handlers (Platform Notification Service), and when it took them.
ALTER TABLE Deployment ADD
  NoticesUrl nvarchar(max) NULL,
  NoticesRegisteredAt datetime2(6) NULL;
GO
ALTER TABLE Course ADD CopiedFrom nvarchar(260) COLLATE Latin1_General_100_BIN2 NULL;
GO

-- Made anew, so open launches end with the upgrade: a launch that is kept has used its nonce, and an anonymous one has no learner.
DROP TABLE LaunchSession;
GO
CREATE TABLE LaunchSession (
  LaunchId varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
  NonceHash varchar(64) COLLATE Latin1_General_100_BIN2 NULL,
  BrowserHash varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  PlatformId uniqueidentifier NOT NULL REFERENCES Platform (PlatformId),
  DeploymentKey uniqueidentifier NOT NULL REFERENCES Deployment (DeploymentKey),
  CourseId uniqueidentifier NULL REFERENCES Course (CourseId),
  ActivityId uniqueidentifier NULL REFERENCES Activity (ActivityId),
  ResourceLinkId nvarchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  LearnerId uniqueidentifier NULL REFERENCES Learner (LearnerId),
  Kind varchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  Details nvarchar(max) NOT NULL,
  CreatedAt datetime2(6) NOT NULL,
  ExpiresAt datetime2(6) NOT NULL
);
GO
CREATE UNIQUE INDEX LaunchSession_Nonce ON LaunchSession (NonceHash) WHERE NonceHash IS NOT NULL;
GO
CREATE INDEX LaunchSession_Browser ON LaunchSession (BrowserHash, CreatedAt);
GO
CREATE INDEX LaunchSession_ExpiresAt ON LaunchSession (ExpiresAt);
GO
