-- Who may do what in the database of LtiMicroCred, on SQL Server and Azure SQL. For a DBA: "migrate" does not run this.
-- Run it as an owner of the database, in the database, before the first "migrate" and again after each. It can be run any number of times.
--
-- Three roles; each is for a login of its own, which you make (its password, or none with Windows or Entra ID, is yours to choose):
--   LtiMicroCredApp      the server. Adds to the ledger, and can neither change nor take away anything in it, nor any trigger or table.
--   LtiMicroCredMigrate  the verb "migrate". Makes and changes tables: disable its login between upgrades.
--   LtiMicroCredAuditor  reads what "ledger verify" and "ledger digest" read: no names, no addresses, no secrets.
-- For example:
--   CREATE LOGIN ltimicrocred_app WITH PASSWORD = N'...';                        -- in master
--   CREATE USER ltimicrocred_app FOR LOGIN ltimicrocred_app WITH DEFAULT_SCHEMA = dbo;
--   ALTER ROLE LtiMicroCredApp ADD MEMBER ltimicrocred_app;

IF DATABASE_PRINCIPAL_ID(N'LtiMicroCredApp') IS NULL CREATE ROLE LtiMicroCredApp;
IF DATABASE_PRINCIPAL_ID(N'LtiMicroCredMigrate') IS NULL CREATE ROLE LtiMicroCredMigrate;
IF DATABASE_PRINCIPAL_ID(N'LtiMicroCredAuditor') IS NULL CREATE ROLE LtiMicroCredAuditor;
GO
ALTER ROLE db_ddladmin ADD MEMBER LtiMicroCredMigrate;
ALTER ROLE db_datareader ADD MEMBER LtiMicroCredMigrate;
ALTER ROLE db_datawriter ADD MEMBER LtiMicroCredMigrate;
GO

-- Ledger tables of the server's own: SQL Server 2022 and later, Azure SQL. Older servers do not know these permissions.
IF CAST(SERVERPROPERTY('EngineEdition') AS int) IN (5, 8)
   OR (CAST(SERVERPROPERTY('EngineEdition') AS int) IN (2, 3, 4) AND CAST(SERVERPROPERTY('ProductMajorVersion') AS int) >= 16)
BEGIN
  EXEC (N'GRANT ENABLE LEDGER TO LtiMicroCredMigrate');
  EXEC (N'GRANT GENERATE LEDGER DIGEST, VIEW LEDGER CONTENT TO LtiMicroCredAuditor');
END;
GO
-- The server checks its ledger tables on a snapshot alone.
ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON;
GO

IF OBJECT_ID(N'dbo.SchemaMigration', N'U') IS NULL
BEGIN
  PRINT N'There are no tables yet. Run "migrate", then this script again.';
  SET NOEXEC ON;
END;
GO

-- The server. What it does not do, it may not do.
GRANT SELECT, INSERT ON dbo.Achievement TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE ON dbo.AchievementPolicy TO LtiMicroCredApp;
GRANT SELECT, INSERT ON dbo.AchievementVersion TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE ON dbo.Activity TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE ON dbo.AuditorKey TO LtiMicroCredApp;
GRANT SELECT, INSERT ON dbo.ContentLink TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE ON dbo.Course TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.CourseMember TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE ON dbo.CredentialPage TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.Deployment TO LtiMicroCredApp;
GRANT SELECT, INSERT, DELETE ON dbo.Erasure TO LtiMicroCredApp;
GRANT SELECT, INSERT, DELETE ON dbo.Evidence TO LtiMicroCredApp;
GRANT SELECT, INSERT, DELETE ON dbo.EvidenceResult TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.FollowUp TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE ON dbo.GateBatch TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.GateMember TO LtiMicroCredApp;
GRANT SELECT, INSERT, DELETE ON dbo.HeldAward TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE ON dbo.ImportBatch TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.ImportDraft TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.LaunchSession TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.LaunchTrace TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.Learner TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.LearnerProfile TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE ON dbo.LineItem TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE ON dbo.LogKey TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.OperatorLink TO LtiMicroCredApp;
GRANT SELECT, INSERT, DELETE ON dbo.OperatorSession TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE (ChangedBy) ON dbo.PassRule TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE ON dbo.Platform TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE ON dbo.PlatformInvite TO LtiMicroCredApp;
GRANT SELECT, INSERT ON dbo.ProtectionKey TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.PublishedInvite TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE ON dbo.PublishedLink TO LtiMicroCredApp;
GRANT SELECT, INSERT, DELETE ON dbo.PublishedPerson TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.PublishedStart TO LtiMicroCredApp;
GRANT SELECT, INSERT ON dbo.PublishedTool TO LtiMicroCredApp;
GRANT SELECT, INSERT, DELETE ON dbo.PublishedToken TO LtiMicroCredApp;
GRANT SELECT, INSERT, DELETE ON dbo.PublishedVisit TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE (EnteredBy, WithdrawnAt), DELETE ON dbo.Result TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE ON dbo.ScoreBack TO LtiMicroCredApp;
GRANT SELECT, INSERT ON dbo.Signing TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.StaffDecision TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE ON dbo.Tenant TO LtiMicroCredApp;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.ToolKey TO LtiMicroCredApp;
GRANT SELECT, INSERT, DELETE ON dbo.UsedNonce TO LtiMicroCredApp;
GRANT SELECT ON dbo.SchemaMigration TO LtiMicroCredApp;

-- Whose an award is can be erased, and its state follows the ledger.
GRANT SELECT, INSERT, UPDATE (LearnerId, State) ON dbo.Award TO LtiMicroCredApp;

-- The ledger only grows. The head moves on with it; a trigger sees to its direction.
GRANT SELECT, INSERT, UPDATE (Size, Frontier, Root) ON dbo.LedgerHead TO LtiMicroCredApp;
GRANT SELECT, INSERT ON dbo.LedgerEntry TO LtiMicroCredApp;
GRANT SELECT, INSERT ON dbo.LedgerTile TO LtiMicroCredApp;
GRANT SELECT, INSERT ON dbo.LedgerCheckpoint TO LtiMicroCredApp;

-- The schedule that servers share.
DECLARE @grants nvarchar(max) = N'';
SELECT @grants = @grants + N'GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.' + QUOTENAME(name) + N' TO LtiMicroCredApp; ' FROM sys.tables WHERE name LIKE N'QRTZ[_]%';
EXEC (@grants);

-- Even if somebody puts the server into a wider role.
DENY DELETE, ALTER, TAKE OWNERSHIP ON dbo.LedgerHead TO LtiMicroCredApp;
DENY UPDATE, DELETE, ALTER, TAKE OWNERSHIP ON dbo.LedgerEntry TO LtiMicroCredApp;
DENY UPDATE, DELETE, ALTER, TAKE OWNERSHIP ON dbo.LedgerTile TO LtiMicroCredApp;
DENY UPDATE, DELETE, ALTER, TAKE OWNERSHIP ON dbo.LedgerCheckpoint TO LtiMicroCredApp;
DENY UPDATE, DELETE, ALTER, TAKE OWNERSHIP ON dbo.AchievementVersion TO LtiMicroCredApp;
DENY INSERT, UPDATE, DELETE, ALTER, TAKE OWNERSHIP ON dbo.TruncateGuard TO LtiMicroCredApp;
DENY INSERT, UPDATE, DELETE, ALTER, TAKE OWNERSHIP ON dbo.SchemaMigration TO LtiMicroCredApp;
GO

-- The auditor. The id in the LMS and the key of a learner are needed to check whose an award is; the name and the address are not.
GRANT SELECT ON dbo.SchemaMigration TO LtiMicroCredAuditor;
GRANT SELECT ON dbo.Tenant TO LtiMicroCredAuditor;
GRANT SELECT ON dbo.LedgerHead TO LtiMicroCredAuditor;
GRANT SELECT ON dbo.LedgerEntry TO LtiMicroCredAuditor;
GRANT SELECT ON dbo.LedgerTile TO LtiMicroCredAuditor;
GRANT SELECT ON dbo.LedgerCheckpoint TO LtiMicroCredAuditor;
GRANT SELECT ON dbo.Award TO LtiMicroCredAuditor;
GRANT SELECT ON dbo.HeldAward TO LtiMicroCredAuditor;
GRANT SELECT ON dbo.Erasure TO LtiMicroCredAuditor;
GRANT SELECT ON dbo.Achievement TO LtiMicroCredAuditor;
GRANT SELECT ON dbo.AchievementVersion TO LtiMicroCredAuditor;
GRANT SELECT (LogKeyId, LogId, VerifierKey, SignsFrom, SignsUntil) ON dbo.LogKey TO LtiMicroCredAuditor;
GRANT SELECT (LearnerId, PlatformId, Subject) ON dbo.Learner TO LtiMicroCredAuditor;
GRANT SELECT (LearnerId, SubjectKey) ON dbo.LearnerProfile TO LtiMicroCredAuditor;
GRANT SELECT (PlatformId, Issuer, ClientId) ON dbo.Platform TO LtiMicroCredAuditor;
GO
SET NOEXEC OFF;
GO
