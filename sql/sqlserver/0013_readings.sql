-- How the last readings of a column went: seconds since 1970, milliseconds, and what failed, parted by commas; readings by semicolons, the newest last.
ALTER TABLE LineItem ADD Readings nvarchar(2000) NULL;
GO
