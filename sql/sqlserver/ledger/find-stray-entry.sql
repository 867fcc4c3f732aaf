-- The first entry of a log with a number that its head does not count.
SELECT TOP (1) Number
FROM LedgerEntry
WHERE LogId = @LogId AND (Number IS NULL OR Number < 1 OR Number > @Size)
ORDER BY Number
