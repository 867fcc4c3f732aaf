-- The first checkpoint of more entries than the head counts, or of none.
SELECT LogId, Size, Root, Note
FROM LedgerCheckpoint
WHERE LogId = @LogId AND (Size IS NULL OR Size < 1 OR Size > @Size)
ORDER BY Size
LIMIT 1
