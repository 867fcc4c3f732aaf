-- Of a rule with several assessments, each can be a published activity: one link for each column.
CREATE TABLE PublishedLinkNew (
  PublishedLinkId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  ActivityId TEXT NOT NULL REFERENCES Activity (ActivityId),
  ToolId TEXT NOT NULL REFERENCES PublishedTool (ToolId),
  LineItemId TEXT NOT NULL UNIQUE REFERENCES LineItem (LineItemId),
  TargetLinkUri TEXT NOT NULL,
  Custom TEXT NOT NULL,
  CreatedAt TEXT NOT NULL,
  OpenedAt TEXT NULL
) STRICT;
INSERT INTO PublishedLinkNew (PublishedLinkId, TenantId, ActivityId, ToolId, LineItemId, TargetLinkUri, Custom, CreatedAt, OpenedAt)
SELECT PublishedLinkId, TenantId, ActivityId, ToolId, LineItemId, TargetLinkUri, Custom, CreatedAt, OpenedAt FROM PublishedLink;
DROP TABLE PublishedLink;
ALTER TABLE PublishedLinkNew RENAME TO PublishedLink;
CREATE INDEX PublishedLink_ActivityId ON PublishedLink (ActivityId);
