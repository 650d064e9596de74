DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (channel, due_at, id) WHERE state = 'waiting';
ALTER TABLE outbox DROP COLUMN class;
