SELECT LogId, Size, Root, Note
FROM LedgerCheckpoint
WHERE LogId = @LogId AND Size > @After
ORDER BY Size
LIMIT @AtMost
