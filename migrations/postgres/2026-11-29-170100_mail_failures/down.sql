ALTER TABLE invitations DROP COLUMN mail_failure;
ALTER TABLE outbox DROP COLUMN recipient;
