INSERT INTO LedgerHead (LogId, Origin, CreatedAt, Size, Frontier, Root)
VALUES (@LogId, @Origin, @CreatedAt, @Size, @Frontier, @Root)
