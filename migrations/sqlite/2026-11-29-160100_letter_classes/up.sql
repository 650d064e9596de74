-- Letters wait for those of their class alone: codes and links, which somebody waits for, do not wait
-- for notices.
ALTER TABLE outbox ADD COLUMN class TEXT NOT NULL DEFAULT 'notice';
UPDATE outbox SET class = 'invitation' WHERE about LIKE 'invitation:%';
UPDATE outbox SET class = 'awaited' WHERE about LIKE 'recovery:%' OR about LIKE 'code:%';
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (channel, class, due_at, id) WHERE state = 'waiting';
