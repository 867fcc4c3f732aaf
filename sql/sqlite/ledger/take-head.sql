-- The transaction is a writer's from its beginning (BEGIN IMMEDIATE): there is no other one until it ends.
SELECT LogId, Origin, Size, Frontier, Root
FROM LedgerHead
WHERE LogId = @LogId
