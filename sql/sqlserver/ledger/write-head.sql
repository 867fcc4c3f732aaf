UPDATE LedgerHead
SET Size = @Size, Frontier = @Frontier, Root = @Root
WHERE LogId = @LogId AND Size = @SizeBefore
