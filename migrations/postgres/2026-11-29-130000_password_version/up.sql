-- How often a user's password was set or taken away: what was found right before the last time is
-- right no more.
ALTER TABLE users ADD COLUMN password_version BIGINT NOT NULL DEFAULT 0;
