SELECT TOP (@AtMost) LogId, Size, Root, Note
FROM LedgerCheckpoint
WHERE LogId = @LogId AND Size > @After
ORDER BY Size
