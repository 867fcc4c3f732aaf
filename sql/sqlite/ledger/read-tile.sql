SELECT LogId, Level, TileIndex, Root, Hashes
FROM LedgerTile
WHERE LogId = @LogId AND Level = @Level AND TileIndex = @TileIndex
