-- What is to be sent, until it is sent: written in the transaction of what it tells of.
CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    channel TEXT NOT NULL,
    topic TEXT NOT NULL,
    user_id TEXT,
    -- Sealed; forgotten at the end.
    content BYTEA,
    state TEXT NOT NULL,
    tries BIGINT NOT NULL,
    -- Not before this moment. Whoever claims a row moves it on: a lease that runs out by itself.
    due_at BIGINT NOT NULL,
    lease TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    failure TEXT
);
CREATE INDEX outbox_due ON outbox (channel, due_at, id) WHERE state = 'waiting';
CREATE INDEX outbox_by_topic ON outbox (user_id, topic, created_at);
CREATE INDEX outbox_ended ON outbox (ended_at) WHERE ended_at IS NOT NULL;
