INSERT INTO LedgerHead (LogId, Origin, Size, Frontier, Root)
VALUES (@LogId, @Origin, @Size, @Frontier, @Root)
