-- Gated activities: how each learner stands to the condition that the LMS checks, and what an instructor said of those whom nobody saw meet it.

CREATE TABLE GateBatch (
  GateBatchId TEXT NOT NULL PRIMARY KEY,
  LineItemId TEXT NOT NULL REFERENCES LineItem (LineItemId),
  Doubt TEXT NOT NULL,
  SeenAt TEXT NOT NULL,
  Counts INTEGER NULL, -- NULL: nobody has said yet
  DecidedAt TEXT NULL,
  DecidedBy TEXT NULL REFERENCES Learner (LearnerId)
) STRICT;
CREATE INDEX GateBatch_LineItemId ON GateBatch (LineItemId);

CREATE TABLE GateMember (
  LineItemId TEXT NOT NULL REFERENCES LineItem (LineItemId),
  LearnerId TEXT NOT NULL REFERENCES Learner (LearnerId),
  Standing TEXT NOT NULL,
  Since TEXT NOT NULL,
  GateBatchId TEXT NULL REFERENCES GateBatch (GateBatchId),
  PRIMARY KEY (LineItemId, LearnerId)
) STRICT, WITHOUT ROWID;
CREATE INDEX GateMember_LearnerId ON GateMember (LearnerId);
CREATE INDEX GateMember_GateBatchId ON GateMember (GateBatchId);
