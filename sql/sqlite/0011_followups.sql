-- What is still to be done after an award, written together with it: a score into the LMS's column, a mail to the learner.

-- Kind: 'score' or 'mail'. Event: the ledger's kind of entry that a mail tells of. State: 'waiting', 'done' or 'failed'.
CREATE TABLE FollowUp (
  FollowUpId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  ActivityId TEXT NOT NULL REFERENCES Activity (ActivityId),
  LearnerId TEXT NOT NULL REFERENCES Learner (LearnerId),
  AwardId TEXT NOT NULL REFERENCES Award (AwardId),
  Kind TEXT NOT NULL,
  Event TEXT NOT NULL,
  State TEXT NOT NULL,
  CreatedAt TEXT NOT NULL,
  DueAt TEXT NOT NULL,
  LeasedUntil TEXT NULL,
  Attempts INTEGER NOT NULL,
  Cause TEXT NULL,
  Reference TEXT NULL,
  TriedAt TEXT NULL
) STRICT;
CREATE INDEX FollowUp_DueAt ON FollowUp (DueAt) WHERE State = 'waiting';
CREATE INDEX FollowUp_Activity ON FollowUp (ActivityId, State);
CREATE INDEX FollowUp_AwardId ON FollowUp (AwardId);
CREATE INDEX FollowUp_LearnerId ON FollowUp (LearnerId);

-- Activities whose own column shows who holds the credential.
CREATE TABLE ScoreBack (
  ActivityId TEXT NOT NULL PRIMARY KEY REFERENCES Activity (ActivityId),
  IsOn INTEGER NOT NULL,
  ChangedAt TEXT NOT NULL
) STRICT;
