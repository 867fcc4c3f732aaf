-- Changes nothing: the write lock that it takes lets one append at a time through, on every engine and without lock hints.
UPDATE LedgerHead
SET Size = Size
WHERE LogId = @LogId
