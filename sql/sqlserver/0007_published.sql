-- Published activities: an LMS's quiz is the tool here, and we are its platform.

-- A link by which one tool registers itself, or is registered by hand. The tool that came of it.
CREATE TABLE PublishedInvite (
  TokenHash varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  CreatedAt datetime2(6) NOT NULL,
  ExpiresAt datetime2(6) NOT NULL,
  SpentAt datetime2(6) NULL,
  ToolId uniqueidentifier NULL
);
GO

-- RedirectUris: one a line. Scopes: parted by spaces. The deployment_id of its launches is its id.
CREATE TABLE PublishedTool (
  ToolId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  ClientId varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE,
  Name nvarchar(200) NOT NULL,
  LoginUri nvarchar(max) NOT NULL,
  RedirectUris nvarchar(max) NOT NULL,
  JwksUri nvarchar(max) NOT NULL,
  TargetLinkUri nvarchar(max) NOT NULL,
  Scopes nvarchar(1000) COLLATE Latin1_General_100_BIN2 NOT NULL,
  ByHand bit NOT NULL,
  CreatedAt datetime2(6) NOT NULL
);
GO
CREATE INDEX PublishedTool_TenantId ON PublishedTool (TenantId);
GO

-- What an activity's learners open: an address of the tool, with parameters, one name=value a line. OpenedAt: last.
CREATE TABLE PublishedLink (
  PublishedLinkId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  ActivityId uniqueidentifier NOT NULL UNIQUE REFERENCES Activity (ActivityId),
  ToolId uniqueidentifier NOT NULL REFERENCES PublishedTool (ToolId),
  LineItemId uniqueidentifier NOT NULL REFERENCES LineItem (LineItemId),
  TargetLinkUri nvarchar(max) NOT NULL,
  Custom nvarchar(max) NOT NULL,
  CreatedAt datetime2(6) NOT NULL,
  OpenedAt datetime2(6) NULL
);
GO

-- How one tool, and no other, knows someone.
CREATE TABLE PublishedPerson (
  ToolId uniqueidentifier NOT NULL REFERENCES PublishedTool (ToolId),
  LearnerId uniqueidentifier NOT NULL REFERENCES Learner (LearnerId),
  Subject varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  PRIMARY KEY (ToolId, LearnerId),
  UNIQUE (ToolId, Subject)
);
GO

-- Who came through our launch of a link, as a learner. Nobody else is graded.
CREATE TABLE PublishedVisit (
  PublishedLinkId uniqueidentifier NOT NULL REFERENCES PublishedLink (PublishedLinkId),
  LearnerId uniqueidentifier NOT NULL REFERENCES Learner (LearnerId),
  FirstOpenedAt datetime2(6) NOT NULL,
  PRIMARY KEY (PublishedLinkId, LearnerId)
);
GO

-- A login that was begun, good once, for a minute, and in one browser.
CREATE TABLE PublishedStart (
  HandleHash varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
  PublishedLinkId uniqueidentifier NOT NULL REFERENCES PublishedLink (PublishedLinkId),
  LearnerId uniqueidentifier NOT NULL REFERENCES Learner (LearnerId),
  AsLearner bit NOT NULL,
  LaunchId varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  BrowserHash varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  ExpiresAt datetime2(6) NOT NULL,
  SpentAt datetime2(6) NULL
);
GO
CREATE INDEX PublishedStart_ExpiresAt ON PublishedStart (ExpiresAt);
GO

CREATE TABLE PublishedToken (
  TokenHash varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  ToolId uniqueidentifier NOT NULL REFERENCES PublishedTool (ToolId),
  Scopes nvarchar(1000) COLLATE Latin1_General_100_BIN2 NOT NULL,
  ExpiresAt datetime2(6) NOT NULL
);
GO
CREATE INDEX PublishedToken_ExpiresAt ON PublishedToken (ExpiresAt);
GO
