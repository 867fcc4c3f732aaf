SELECT TOP (1) LogId, Size, Root, Note
FROM LedgerCheckpoint
WHERE LogId = @LogId
ORDER BY Size DESC
