-- How the last readings of a column went: seconds since 1970, milliseconds, and what failed, parted by commas; readings by semicolons, the newest last.
ALTER TABLE LineItem ADD COLUMN Readings TEXT NULL;
