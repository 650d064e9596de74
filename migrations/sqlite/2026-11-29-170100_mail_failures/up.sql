-- Where a letter went, sealed, also after its content was forgotten; and why the mail of an
-- invitation was given up.
ALTER TABLE outbox ADD COLUMN recipient BLOB;
ALTER TABLE invitations ADD COLUMN mail_failure TEXT;
