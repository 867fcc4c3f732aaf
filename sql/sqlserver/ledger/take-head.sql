-- The update changes nothing: the write lock that it takes lets one append at a time through, without lock hints.
SET NOCOUNT ON;
UPDATE LedgerHead
SET Size = Size
WHERE LogId = @LogId;
SELECT LogId, Origin, Size, Frontier, Root
FROM LedgerHead
WHERE LogId = @LogId
