ALTER TABLE objections DROP COLUMN former_email;
ALTER TABLE users DROP COLUMN display_name;
