-- Whether a policy was switched on without mails to those whom it concerns.
ALTER TABLE policies ADD COLUMN is_quiet BOOLEAN NOT NULL DEFAULT FALSE;
