-- Published activities: an LMS's quiz is the tool here, and we are its platform.

-- A link by which one tool registers itself, or is registered by hand. The tool that came of it.
CREATE TABLE PublishedInvite (
  TokenHash TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  CreatedAt TEXT NOT NULL,
  ExpiresAt TEXT NOT NULL,
  SpentAt TEXT NULL,
  ToolId TEXT NULL
) STRICT;

-- RedirectUris: one a line. Scopes: parted by spaces. The deployment_id of its launches is its id.
CREATE TABLE PublishedTool (
  ToolId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  ClientId TEXT NOT NULL UNIQUE,
  Name TEXT NOT NULL,
  LoginUri TEXT NOT NULL,
  RedirectUris TEXT NOT NULL,
  JwksUri TEXT NOT NULL,
  TargetLinkUri TEXT NOT NULL,
  Scopes TEXT NOT NULL,
  ByHand INTEGER NOT NULL,
  CreatedAt TEXT NOT NULL
) STRICT;
CREATE INDEX PublishedTool_TenantId ON PublishedTool (TenantId);

-- What an activity's learners open: an address of the tool, with parameters, one name=value a line. OpenedAt: last.
CREATE TABLE PublishedLink (
  PublishedLinkId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  ActivityId TEXT NOT NULL UNIQUE REFERENCES Activity (ActivityId),
  ToolId TEXT NOT NULL REFERENCES PublishedTool (ToolId),
  LineItemId TEXT NOT NULL REFERENCES LineItem (LineItemId),
  TargetLinkUri TEXT NOT NULL,
  Custom TEXT NOT NULL,
  CreatedAt TEXT NOT NULL,
  OpenedAt TEXT NULL
) STRICT;

-- How one tool, and no other, knows someone.
CREATE TABLE PublishedPerson (
  ToolId TEXT NOT NULL REFERENCES PublishedTool (ToolId),
  LearnerId TEXT NOT NULL REFERENCES Learner (LearnerId),
  Subject TEXT NOT NULL,
  PRIMARY KEY (ToolId, LearnerId),
  UNIQUE (ToolId, Subject)
) STRICT;

-- Who came through our launch of a link, as a learner. Nobody else is graded.
CREATE TABLE PublishedVisit (
  PublishedLinkId TEXT NOT NULL REFERENCES PublishedLink (PublishedLinkId),
  LearnerId TEXT NOT NULL REFERENCES Learner (LearnerId),
  FirstOpenedAt TEXT NOT NULL,
  PRIMARY KEY (PublishedLinkId, LearnerId)
) STRICT;

-- A login that was begun, good once, for a minute, and in one browser.
CREATE TABLE PublishedStart (
  HandleHash TEXT NOT NULL PRIMARY KEY,
  PublishedLinkId TEXT NOT NULL REFERENCES PublishedLink (PublishedLinkId),
  LearnerId TEXT NOT NULL REFERENCES Learner (LearnerId),
  AsLearner INTEGER NOT NULL,
  LaunchId TEXT NOT NULL,
  BrowserHash TEXT NOT NULL,
  ExpiresAt TEXT NOT NULL,
  SpentAt TEXT NULL
) STRICT;
CREATE INDEX PublishedStart_ExpiresAt ON PublishedStart (ExpiresAt);

CREATE TABLE PublishedToken (
  TokenHash TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  ToolId TEXT NOT NULL REFERENCES PublishedTool (ToolId),
  Scopes TEXT NOT NULL,
  ExpiresAt TEXT NOT NULL
) STRICT;
CREATE INDEX PublishedToken_ExpiresAt ON PublishedToken (ExpiresAt);
