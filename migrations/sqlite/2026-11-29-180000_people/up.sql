-- What people are called, beside the name that they type.
ALTER TABLE users ADD COLUMN display_name TEXT;
-- Where mail reached the owner before: an objection to another address puts it back.
ALTER TABLE objections ADD COLUMN former_email TEXT;
