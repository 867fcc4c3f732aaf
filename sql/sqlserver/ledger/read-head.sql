SELECT LogId, Origin, CreatedAt, Size, Frontier, Root
FROM LedgerHead
WHERE LogId = @LogId
