-- The first tile whose log has no head row.
SELECT t.LogId, t.Level, t.TileIndex
FROM LedgerTile AS t
WHERE NOT EXISTS (SELECT 1 FROM LedgerHead AS h WHERE h.LogId = t.LogId)
ORDER BY t.LogId, t.Level, t.TileIndex
LIMIT 1
