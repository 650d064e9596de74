DROP INDEX outbox_by_about;
ALTER TABLE outbox DROP COLUMN about;
