-- The first entry whose log has no head row.
SELECT TOP (1) e.LogId, e.Number
FROM LedgerEntry AS e
WHERE NOT EXISTS (SELECT 1 FROM LedgerHead AS h WHERE h.LogId = e.LogId)
ORDER BY e.LogId, e.Number
