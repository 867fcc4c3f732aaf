-- The first checkpoint whose log has no head row.
SELECT TOP (1) c.LogId, c.Size
FROM LedgerCheckpoint AS c
WHERE NOT EXISTS (SELECT 1 FROM LedgerHead AS h WHERE h.LogId = c.LogId)
ORDER BY c.LogId, c.Size
