-- Registrations by hand, keys that rotate, what a platform's refused launches looked like, notices, and launches that use their nonce by being kept.

-- Algorithms: of id_tokens taken from this platform, parted by spaces. Anonymous: 1 lets launches without sub look, never earn.
ALTER TABLE Platform ADD COLUMN Name TEXT NULL;
ALTER TABLE Platform ADD COLUMN Algorithms TEXT NOT NULL DEFAULT 'RS256';
ALTER TABLE Platform ADD COLUMN Anonymous INTEGER NOT NULL DEFAULT 0;
ALTER TABLE Platform ADD COLUMN ByHand INTEGER NOT NULL DEFAULT 0;

-- The registration that the link is for has its id from the start: its keys' address is pasted into the LMS before anything comes back.
ALTER TABLE PlatformInvite ADD COLUMN PlatformId TEXT NULL;

-- A key is published before it signs, and after another has taken over, until it is retired. A kid never comes back: retired rows stay, without the key.
ALTER TABLE ToolKey ADD COLUMN SignsFrom TEXT NULL;
ALTER TABLE ToolKey ADD COLUMN PublishedUntil TEXT NULL;

-- The last refusals of each registration, in a ring of slots; of logins that fit no registration under the id of zeros.
CREATE TABLE LaunchTrace (
  PlatformId TEXT NOT NULL,
  Slot INTEGER NOT NULL,
  Reference TEXT NOT NULL,
  At TEXT NOT NULL,
  Message TEXT NOT NULL,
  Error TEXT NOT NULL,
  Reason TEXT NOT NULL,
  Expected TEXT NULL,
  Got TEXT NULL,
  Spec TEXT NULL,
  PRIMARY KEY (PlatformId, Slot)
) STRICT;

-- Where a deployment takes the addresses of our notice handlers (Platform Notification Service), and when it took them.
ALTER TABLE Deployment ADD COLUMN NoticesUrl TEXT NULL;
ALTER TABLE Deployment ADD COLUMN NoticesRegisteredAt TEXT NULL;
ALTER TABLE Course ADD COLUMN CopiedFrom TEXT NULL;

-- Made anew, so open launches end with the upgrade: a launch that is kept has used its nonce, and an anonymous one has no learner.
DROP TABLE LaunchSession;
CREATE TABLE LaunchSession (
  LaunchId TEXT NOT NULL PRIMARY KEY,
  NonceHash TEXT NULL,
  BrowserHash TEXT NOT NULL,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  PlatformId TEXT NOT NULL REFERENCES Platform (PlatformId),
  DeploymentKey TEXT NOT NULL REFERENCES Deployment (DeploymentKey),
  CourseId TEXT NULL REFERENCES Course (CourseId),
  ActivityId TEXT NULL REFERENCES Activity (ActivityId),
  ResourceLinkId TEXT NULL,
  LearnerId TEXT NULL REFERENCES Learner (LearnerId),
  Kind TEXT NOT NULL,
  Details TEXT NOT NULL,
  CreatedAt TEXT NOT NULL,
  ExpiresAt TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX LaunchSession_Nonce ON LaunchSession (NonceHash) WHERE NonceHash IS NOT NULL;
CREATE INDEX LaunchSession_Browser ON LaunchSession (BrowserHash, CreatedAt);
CREATE INDEX LaunchSession_ExpiresAt ON LaunchSession (ExpiresAt);
