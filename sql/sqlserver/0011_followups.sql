-- What is still to be done after an award, written together with it: a score into the LMS's column, a mail to the learner.

-- Kind: 'score' or 'mail'. Event: the ledger's kind of entry that a mail tells of. State: 'waiting', 'done' or 'failed'.
CREATE TABLE FollowUp (
  FollowUpId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  ActivityId uniqueidentifier NOT NULL REFERENCES Activity (ActivityId),
  LearnerId uniqueidentifier NOT NULL REFERENCES Learner (LearnerId),
  AwardId uniqueidentifier NOT NULL REFERENCES Award (AwardId),
  Kind varchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  Event varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
  State varchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  CreatedAt datetime2(6) NOT NULL,
  DueAt datetime2(6) NOT NULL,
  LeasedUntil datetime2(6) NULL,
  Attempts int NOT NULL,
  Cause varchar(40) NULL,
  Reference varchar(40) NULL,
  TriedAt datetime2(6) NULL
);
GO
CREATE INDEX FollowUp_DueAt ON FollowUp (DueAt) WHERE State = 'waiting';
GO
CREATE INDEX FollowUp_Activity ON FollowUp (ActivityId, State);
GO
CREATE INDEX FollowUp_AwardId ON FollowUp (AwardId);
GO
CREATE INDEX FollowUp_LearnerId ON FollowUp (LearnerId);
GO

-- Activities whose own column shows who holds the credential.
CREATE TABLE ScoreBack (
  ActivityId uniqueidentifier NOT NULL PRIMARY KEY REFERENCES Activity (ActivityId),
  IsOn bit NOT NULL,
  ChangedAt datetime2(6) NOT NULL
);
GO
