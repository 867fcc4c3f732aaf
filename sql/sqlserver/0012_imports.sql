-- Grades from files: what an instructor looks through before it counts, and what was entered.

-- Content: the rows as JSON, as they were shown. Gone within the hour, or once they are entered. ImportBatchId: entering them has begun.
CREATE TABLE ImportDraft (
  ImportDraftId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  ActivityId uniqueidentifier NOT NULL REFERENCES Activity (ActivityId),
  Assessment int NOT NULL,
  LaunchId varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  DraftedBy uniqueidentifier NOT NULL REFERENCES Learner (LearnerId),
  FileName nvarchar(200) NOT NULL,
  FileHash binary(32) NOT NULL,
  IsGuessed bit NOT NULL,
  Content nvarchar(max) NOT NULL,
  ImportBatchId uniqueidentifier NULL,
  ExpiresAt datetime2(6) NOT NULL
);
GO
CREATE INDEX ImportDraft_ExpiresAt ON ImportDraft (ExpiresAt);
GO
CREATE INDEX ImportDraft_DraftedBy ON ImportDraft (DraftedBy);
GO

-- One file that was entered by hand. Results say which they came with.
CREATE TABLE ImportBatch (
  ImportBatchId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  ActivityId uniqueidentifier NOT NULL REFERENCES Activity (ActivityId),
  LineItemId uniqueidentifier NOT NULL REFERENCES LineItem (LineItemId),
  EnteredBy uniqueidentifier NULL REFERENCES Learner (LearnerId), -- NULL: erased
  EnteredAt datetime2(6) NOT NULL,
  FileName nvarchar(200) NOT NULL,
  FileHash binary(32) NOT NULL,
  Results int NOT NULL
);
GO
CREATE INDEX ImportBatch_Activity ON ImportBatch (ActivityId, EnteredAt);
GO
CREATE INDEX ImportBatch_EnteredBy ON ImportBatch (EnteredBy) WHERE EnteredBy IS NOT NULL;
GO

ALTER TABLE Result ADD ImportBatchId uniqueidentifier NULL REFERENCES ImportBatch (ImportBatchId);
GO
CREATE INDEX Result_ImportBatch ON Result (ImportBatchId) WHERE ImportBatchId IS NOT NULL;
GO
