SELECT LogId, Origin, Size, Frontier, Root
FROM LedgerHead
WHERE LogId = @LogId
