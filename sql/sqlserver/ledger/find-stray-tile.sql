-- A tile of a level beyond the tree, or of a place that the tree does not fill. @End counts the full tiles of the level; the level below zero stands for all that are none.
SELECT TOP (1) Level, TileIndex
FROM LedgerTile
WHERE LogId = @LogId AND ((@Level < 0 AND (Level IS NULL OR Level NOT IN (0, 1, 2, 3, 4, 5, 6)))
  OR (Level = @Level AND (TileIndex IS NULL OR TileIndex < 0 OR TileIndex >= @End)))
