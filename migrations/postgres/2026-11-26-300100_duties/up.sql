-- What policy asks of people rather than of their devices, since when, and when they are reminded.
CREATE TABLE duties (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    since BIGINT NOT NULL,
    deadline BIGINT,
    remind_at BIGINT,
    PRIMARY KEY (user_id, kind)
);
CREATE INDEX duties_to_remind ON duties (remind_at) WHERE remind_at IS NOT NULL;
