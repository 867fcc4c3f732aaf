-- Of a rule with several assessments, each can be a published activity: one link for each column. The key that goes has a name of the server's own.
DECLARE @drop nvarchar(max) = N'';
SELECT @drop = N'ALTER TABLE PublishedLink DROP CONSTRAINT ' + QUOTENAME(name) FROM sys.key_constraints WHERE parent_object_id = OBJECT_ID(N'PublishedLink') AND type = 'UQ';
EXEC (@drop);
GO
ALTER TABLE PublishedLink ADD CONSTRAINT PublishedLink_LineItemId UNIQUE (LineItemId);
GO
CREATE INDEX PublishedLink_ActivityId ON PublishedLink (ActivityId);
GO
