ALTER TABLE policies DROP COLUMN is_quiet;
