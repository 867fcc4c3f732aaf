SELECT Root
FROM LedgerTile
WHERE LogId = @LogId AND Level = @Level AND TileIndex >= @First AND TileIndex < @End
ORDER BY TileIndex
