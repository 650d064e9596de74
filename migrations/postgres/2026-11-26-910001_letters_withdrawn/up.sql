-- What a letter is about, where what it says can lose its meaning before it is sent: it is withdrawn
-- then.
ALTER TABLE outbox ADD COLUMN about TEXT;
CREATE INDEX outbox_by_about ON outbox (about) WHERE about IS NOT NULL;
