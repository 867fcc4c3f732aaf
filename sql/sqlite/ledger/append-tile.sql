INSERT INTO LedgerTile (LogId, Level, TileIndex, Root, Hashes)
SELECT @LogId, @Level, @TileIndex, @Root, @Hashes
WHERE NOT EXISTS (SELECT 1 FROM LedgerTile WHERE LogId = @LogId AND Level = @Level AND TileIndex = @TileIndex)
