SELECT LogId, Size, Root, Note
FROM LedgerCheckpoint
WHERE LogId = @LogId
ORDER BY Size DESC
LIMIT 1
