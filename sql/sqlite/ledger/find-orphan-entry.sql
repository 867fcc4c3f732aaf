-- The first entry whose log has no head row. Goes from log to log and not through their entries.
WITH RECURSIVE log (LogId) AS (
  SELECT MIN(LogId) FROM LedgerEntry
  UNION ALL
  SELECT (SELECT MIN(e.LogId) FROM LedgerEntry AS e WHERE e.LogId > log.LogId) FROM log WHERE log.LogId IS NOT NULL
)
SELECT e.LogId, e.Number
FROM LedgerEntry AS e
WHERE e.LogId IS NULL OR e.LogId IN (SELECT l.LogId FROM log AS l WHERE l.LogId NOT IN (SELECT h.LogId FROM LedgerHead AS h WHERE h.LogId IS NOT NULL))
ORDER BY e.LogId, e.Number
LIMIT 1
