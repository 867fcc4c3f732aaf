-- Grades from files: what an instructor looks through before it counts, and what was entered.

-- Content: the rows as JSON, as they were shown. Gone within the hour, or once they are entered. ImportBatchId: entering them has begun.
CREATE TABLE ImportDraft (
  ImportDraftId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  ActivityId TEXT NOT NULL REFERENCES Activity (ActivityId),
  Assessment INTEGER NOT NULL,
  LaunchId TEXT NOT NULL,
  DraftedBy TEXT NOT NULL REFERENCES Learner (LearnerId),
  FileName TEXT NOT NULL,
  FileHash BLOB NOT NULL,
  IsGuessed INTEGER NOT NULL,
  Content TEXT NOT NULL,
  ImportBatchId TEXT NULL,
  ExpiresAt TEXT NOT NULL
) STRICT;
CREATE INDEX ImportDraft_ExpiresAt ON ImportDraft (ExpiresAt);
CREATE INDEX ImportDraft_DraftedBy ON ImportDraft (DraftedBy);

-- One file that was entered by hand. Results say which they came with.
CREATE TABLE ImportBatch (
  ImportBatchId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  ActivityId TEXT NOT NULL REFERENCES Activity (ActivityId),
  LineItemId TEXT NOT NULL REFERENCES LineItem (LineItemId),
  EnteredBy TEXT NULL REFERENCES Learner (LearnerId), -- NULL: erased
  EnteredAt TEXT NOT NULL,
  FileName TEXT NOT NULL,
  FileHash BLOB NOT NULL,
  Results INTEGER NOT NULL
) STRICT;
CREATE INDEX ImportBatch_Activity ON ImportBatch (ActivityId, EnteredAt);
CREATE INDEX ImportBatch_EnteredBy ON ImportBatch (EnteredBy) WHERE EnteredBy IS NOT NULL;

ALTER TABLE Result ADD COLUMN ImportBatchId TEXT NULL REFERENCES ImportBatch (ImportBatchId);
CREATE INDEX Result_ImportBatch ON Result (ImportBatchId) WHERE ImportBatchId IS NOT NULL;
