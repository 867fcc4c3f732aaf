-- Rules over several assessments, all that a result tells, and what people decided about awards.

-- RFC 8259 JSON: which assessments, what each takes, how many, until when.
ALTER TABLE PassRule ADD Content nvarchar(max) NOT NULL DEFAULT N'';
GO
UPDATE PassRule SET Content = N'{"assessments":[{"number":1,"name":"","pass":{"percent":' + CONVERT(nvarchar(20), ThresholdPercent) + N'},"weight":1}]}';
GO
ALTER TABLE PassRule DROP COLUMN ThresholdPercent;
GO
ALTER TABLE PassRule ADD ChangedBy uniqueidentifier NULL REFERENCES Learner (LearnerId);
GO
ALTER TABLE ContentLink ADD Content nvarchar(max) NOT NULL DEFAULT N'';
GO
UPDATE ContentLink SET Content = N'{"assessments":[{"number":1,"name":"","pass":{"percent":' + CONVERT(nvarchar(20), ThresholdPercent) + N'},"weight":1}]}';
GO
ALTER TABLE ContentLink DROP COLUMN ThresholdPercent;
GO

-- A column feeds one of the rule's assessments; each of them has one column of each way. The key that goes has a name of the server's own.
DECLARE @drop nvarchar(max) = N'';
SELECT @drop = N'ALTER TABLE LineItem DROP CONSTRAINT ' + QUOTENAME(name) FROM sys.key_constraints WHERE parent_object_id = OBJECT_ID(N'LineItem') AND type = 'UQ';
EXEC (@drop);
GO
ALTER TABLE LineItem ADD Assessment int NOT NULL DEFAULT 1;
GO
ALTER TABLE LineItem ADD CONSTRAINT LineItem_Way UNIQUE (ActivityId, Assessment, Way);
GO

-- Progress: as the channel sends it (AGS 2.0, gradingProgress). Supervision: 0 not stated, 1 unsupervised, 2 supervised, 3 identity checked.
-- EnteredBy: who entered it by hand. WithdrawnAt: since then it counts no more, for it was entered by mistake.
ALTER TABLE Result ADD Progress varchar(20) NULL;
GO
ALTER TABLE Result ADD SubmittedAt datetime2(6) NULL;
GO
ALTER TABLE Result ADD Supervision int NULL;
GO
ALTER TABLE Result ADD EnteredBy uniqueidentifier NULL REFERENCES Learner (LearnerId);
GO
ALTER TABLE Result ADD WithdrawnAt datetime2(6) NULL;
GO

CREATE INDEX Result_EnteredBy ON Result (EnteredBy) WHERE EnteredBy IS NOT NULL;
GO

-- What people said about somebody's award, and why. Personal; goes with the learner.
CREATE TABLE StaffDecision (
  StaffDecisionId uniqueidentifier NOT NULL PRIMARY KEY,
  TenantId uniqueidentifier NOT NULL REFERENCES Tenant (TenantId),
  ActivityId uniqueidentifier NOT NULL REFERENCES Activity (ActivityId),
  LearnerId uniqueidentifier NOT NULL REFERENCES Learner (LearnerId),
  AwardId uniqueidentifier NULL REFERENCES Award (AwardId),
  Kind varchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  Reason nvarchar(1000) NOT NULL,
  Assessor nvarchar(200) NULL,
  Statement nvarchar(max) NULL,
  PassRuleId uniqueidentifier NULL REFERENCES PassRule (PassRuleId),
  DecidedBy uniqueidentifier NULL REFERENCES Learner (LearnerId),
  DecidedAt datetime2(6) NOT NULL
);
GO
CREATE INDEX StaffDecision_Activity_Learner ON StaffDecision (ActivityId, LearnerId, DecidedAt);
GO
CREATE INDEX StaffDecision_LearnerId ON StaffDecision (LearnerId);
GO
CREATE INDEX StaffDecision_DecidedBy ON StaffDecision (DecidedBy) WHERE DecidedBy IS NOT NULL;
GO

-- What an award was given for, in each activity that earned it: the rule, or what somebody decided.
SELECT v.AwardId, v.ActivityId, v.PassRuleId, v.ResultId, w.IssuedAt
INTO EvidenceAside FROM Evidence v JOIN Award w ON w.AwardId = v.AwardId;
GO
DROP TABLE Evidence;
GO
CREATE TABLE Evidence (
  AwardId uniqueidentifier NOT NULL REFERENCES Award (AwardId),
  ActivityId uniqueidentifier NOT NULL REFERENCES Activity (ActivityId),
  PassRuleId uniqueidentifier NULL REFERENCES PassRule (PassRuleId),
  StaffDecisionId uniqueidentifier NULL REFERENCES StaffDecision (StaffDecisionId),
  FoundAt datetime2(6) NOT NULL,
  PRIMARY KEY (AwardId, ActivityId),
  CHECK ((PassRuleId IS NULL AND StaffDecisionId IS NOT NULL) OR (PassRuleId IS NOT NULL AND StaffDecisionId IS NULL))
);
GO
INSERT INTO Evidence (AwardId, ActivityId, PassRuleId, FoundAt)
SELECT AwardId, ActivityId, PassRuleId, IssuedAt FROM EvidenceAside;
GO
CREATE TABLE EvidenceResult (
  AwardId uniqueidentifier NOT NULL,
  ActivityId uniqueidentifier NOT NULL,
  ResultId uniqueidentifier NOT NULL REFERENCES Result (ResultId),
  PRIMARY KEY (AwardId, ActivityId, ResultId),
  FOREIGN KEY (AwardId, ActivityId) REFERENCES Evidence (AwardId, ActivityId)
);
GO
INSERT INTO EvidenceResult (AwardId, ActivityId, ResultId) SELECT AwardId, ActivityId, ResultId FROM EvidenceAside;
GO
DROP TABLE EvidenceAside;
GO
CREATE INDEX Evidence_Activity ON Evidence (ActivityId);
GO
CREATE INDEX EvidenceResult_ResultId ON EvidenceResult (ResultId);
GO

-- What happens to an award when the grade falls afterwards: 'flag', 'suspend' or 'revoke'. None: flag.
CREATE TABLE AchievementPolicy (
  AchievementId uniqueidentifier NOT NULL PRIMARY KEY REFERENCES Achievement (AchievementId),
  WhenBelow varchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  ChangedBy uniqueidentifier NULL REFERENCES Learner (LearnerId),
  ChangedAt datetime2(6) NOT NULL
);
GO

-- How long it counts; NULL: for ever.
ALTER TABLE AchievementVersion ADD ValidMonths int NULL;
GO
