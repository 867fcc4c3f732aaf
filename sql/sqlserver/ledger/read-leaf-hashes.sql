SELECT LeafHash
FROM LedgerEntry
WHERE LogId = @LogId AND Number > @After AND Number <= @UpTo
ORDER BY Number
