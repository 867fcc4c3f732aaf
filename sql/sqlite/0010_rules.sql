-- Rules over several assessments, all that a result tells, and what people decided about awards.

-- RFC 8259 JSON: which assessments, what each takes, how many, until when.
ALTER TABLE PassRule ADD COLUMN Content TEXT NOT NULL DEFAULT '';
UPDATE PassRule SET Content = '{"assessments":[{"number":1,"name":"","pass":{"percent":' || ThresholdPercent || '},"weight":1}]}';
ALTER TABLE PassRule DROP COLUMN ThresholdPercent;
ALTER TABLE PassRule ADD COLUMN ChangedBy TEXT NULL REFERENCES Learner (LearnerId);

ALTER TABLE ContentLink ADD COLUMN Content TEXT NOT NULL DEFAULT '';
UPDATE ContentLink SET Content = '{"assessments":[{"number":1,"name":"","pass":{"percent":' || ThresholdPercent || '},"weight":1}]}';
ALTER TABLE ContentLink DROP COLUMN ThresholdPercent;

-- A column feeds one of the rule's assessments; each of them has one column of each way.
CREATE TABLE LineItemNew (
  LineItemId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  ActivityId TEXT NOT NULL REFERENCES Activity (ActivityId),
  Assessment INTEGER NOT NULL DEFAULT 1,
  Way TEXT NOT NULL,
  Url TEXT NOT NULL,
  Label TEXT NOT NULL,
  InUse INTEGER NOT NULL,
  ActiveAt TEXT NOT NULL,
  NextReadAt TEXT NOT NULL,
  LeasedUntil TEXT NULL,
  ReadAt TEXT NULL,
  FailingSince TEXT NULL,
  Failures INTEGER NOT NULL,
  FailureKind TEXT NULL,
  FailureReference TEXT NULL,
  UNIQUE (ActivityId, Assessment, Way)
) STRICT;
INSERT INTO LineItemNew (LineItemId, TenantId, ActivityId, Way, Url, Label, InUse, ActiveAt, NextReadAt, LeasedUntil, ReadAt, FailingSince, Failures, FailureKind, FailureReference)
SELECT LineItemId, TenantId, ActivityId, Way, Url, Label, InUse, ActiveAt, NextReadAt, LeasedUntil, ReadAt, FailingSince, Failures, FailureKind, FailureReference FROM LineItem;
DROP TABLE LineItem;
ALTER TABLE LineItemNew RENAME TO LineItem;
CREATE INDEX LineItem_NextReadAt ON LineItem (NextReadAt) WHERE InUse = 1;

-- Progress: as the channel sends it (AGS 2.0, gradingProgress). Supervision: 0 not stated, 1 unsupervised, 2 supervised, 3 identity checked.
-- EnteredBy: who entered it by hand. WithdrawnAt: since then it counts no more, for it was entered by mistake.
ALTER TABLE Result ADD COLUMN Progress TEXT NULL;
ALTER TABLE Result ADD COLUMN SubmittedAt TEXT NULL;
ALTER TABLE Result ADD COLUMN Supervision INTEGER NULL;
ALTER TABLE Result ADD COLUMN EnteredBy TEXT NULL REFERENCES Learner (LearnerId);
ALTER TABLE Result ADD COLUMN WithdrawnAt TEXT NULL;

CREATE INDEX Result_EnteredBy ON Result (EnteredBy) WHERE EnteredBy IS NOT NULL;

-- What people said about somebody's award, and why. Personal; goes with the learner.
CREATE TABLE StaffDecision (
  StaffDecisionId TEXT NOT NULL PRIMARY KEY,
  TenantId TEXT NOT NULL REFERENCES Tenant (TenantId),
  ActivityId TEXT NOT NULL REFERENCES Activity (ActivityId),
  LearnerId TEXT NOT NULL REFERENCES Learner (LearnerId),
  AwardId TEXT NULL REFERENCES Award (AwardId),
  Kind TEXT NOT NULL,
  Reason TEXT NOT NULL,
  Assessor TEXT NULL,
  Statement TEXT NULL,
  PassRuleId TEXT NULL REFERENCES PassRule (PassRuleId),
  DecidedBy TEXT NULL REFERENCES Learner (LearnerId),
  DecidedAt TEXT NOT NULL
) STRICT;
CREATE INDEX StaffDecision_Activity_Learner ON StaffDecision (ActivityId, LearnerId, DecidedAt);
CREATE INDEX StaffDecision_LearnerId ON StaffDecision (LearnerId);
CREATE INDEX StaffDecision_DecidedBy ON StaffDecision (DecidedBy) WHERE DecidedBy IS NOT NULL;

-- What an award was given for, in each activity that earned it: the rule, or what somebody decided.
CREATE TABLE EvidenceNew (
  AwardId TEXT NOT NULL REFERENCES Award (AwardId),
  ActivityId TEXT NOT NULL REFERENCES Activity (ActivityId),
  PassRuleId TEXT NULL REFERENCES PassRule (PassRuleId),
  StaffDecisionId TEXT NULL REFERENCES StaffDecision (StaffDecisionId),
  FoundAt TEXT NOT NULL,
  PRIMARY KEY (AwardId, ActivityId),
  CHECK ((PassRuleId IS NULL) <> (StaffDecisionId IS NULL))
) STRICT;
INSERT INTO EvidenceNew (AwardId, ActivityId, PassRuleId, FoundAt)
SELECT v.AwardId, v.ActivityId, v.PassRuleId, w.IssuedAt FROM Evidence v JOIN Award w ON w.AwardId = v.AwardId;

CREATE TABLE EvidenceResult (
  AwardId TEXT NOT NULL,
  ActivityId TEXT NOT NULL,
  ResultId TEXT NOT NULL REFERENCES Result (ResultId),
  PRIMARY KEY (AwardId, ActivityId, ResultId),
  FOREIGN KEY (AwardId, ActivityId) REFERENCES Evidence (AwardId, ActivityId)
) STRICT;
INSERT INTO EvidenceResult (AwardId, ActivityId, ResultId) SELECT AwardId, ActivityId, ResultId FROM Evidence;
DROP TABLE Evidence;
ALTER TABLE EvidenceNew RENAME TO Evidence;
CREATE INDEX Evidence_Activity ON Evidence (ActivityId);
CREATE INDEX EvidenceResult_ResultId ON EvidenceResult (ResultId);

-- What happens to an award when the grade falls afterwards: 'flag', 'suspend' or 'revoke'. None: flag.
CREATE TABLE AchievementPolicy (
  AchievementId TEXT NOT NULL PRIMARY KEY REFERENCES Achievement (AchievementId),
  WhenBelow TEXT NOT NULL,
  ChangedBy TEXT NULL REFERENCES Learner (LearnerId),
  ChangedAt TEXT NOT NULL
) STRICT;

-- How long it counts; NULL: for ever.
ALTER TABLE AchievementVersion ADD COLUMN ValidMonths INTEGER NULL;
