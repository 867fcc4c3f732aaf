-- Gated activities: how each learner stands to the condition that the LMS checks, and what an instructor said of those whom nobody saw meet it.

CREATE TABLE GateBatch (
  GateBatchId uniqueidentifier NOT NULL PRIMARY KEY,
  LineItemId uniqueidentifier NOT NULL REFERENCES LineItem (LineItemId),
  Doubt varchar(20) NOT NULL,
  SeenAt datetime2(6) NOT NULL,
  Counts bit NULL, -- NULL: nobody has said yet
  DecidedAt datetime2(6) NULL,
  DecidedBy uniqueidentifier NULL REFERENCES Learner (LearnerId)
);
GO
CREATE INDEX GateBatch_LineItemId ON GateBatch (LineItemId);
GO

CREATE TABLE GateMember (
  LineItemId uniqueidentifier NOT NULL REFERENCES LineItem (LineItemId),
  LearnerId uniqueidentifier NOT NULL REFERENCES Learner (LearnerId),
  Standing varchar(20) NOT NULL,
  Since datetime2(6) NOT NULL,
  GateBatchId uniqueidentifier NULL REFERENCES GateBatch (GateBatchId),
  PRIMARY KEY (LineItemId, LearnerId)
);
GO
CREATE INDEX GateMember_LearnerId ON GateMember (LearnerId);
GO
CREATE INDEX GateMember_GateBatchId ON GateMember (GateBatchId);
GO
