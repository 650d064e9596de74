ALTER TABLE recoveries DROP COLUMN is_handed_over;
ALTER TABLE sign_ins DROP COLUMN level;
ALTER TABLE setup_links DROP COLUMN expires_at;
