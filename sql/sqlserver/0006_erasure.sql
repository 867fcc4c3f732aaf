-- Learners who were erased, and what the ledger has still to say of their awards.

-- Once erased, Subject is a keyed hash of what it was: enough to keep out what the LMS still tells about them, and to nothing else.
ALTER TABLE Learner ADD ErasedAt datetime2(6) NULL;
GO

-- Nobody can tell any more whose these awards were. Their entries follow at random times: side by side they would tell which belong together.
CREATE TABLE Erasure (
  AwardId uniqueidentifier NOT NULL PRIMARY KEY REFERENCES Award (AwardId),
  DueAt datetime2(6) NOT NULL
);
GO
CREATE INDEX Erasure_DueAt ON Erasure (DueAt);
GO
