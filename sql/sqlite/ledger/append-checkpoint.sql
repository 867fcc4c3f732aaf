-- Of several that sign at once, one is first.
INSERT INTO LedgerCheckpoint (LogId, Size, Root, Note)
SELECT @LogId, @Size, @Root, @Note
WHERE NOT EXISTS (SELECT 1 FROM LedgerCheckpoint WHERE LogId = @LogId AND Size >= @Size)
