-- Tiles of a level have no gaps: each takes the next place.
SELECT COALESCE(MAX(TileIndex), -1) + 1 AS Tiles
FROM LedgerTile
WHERE LogId = @LogId AND Level = @Level
