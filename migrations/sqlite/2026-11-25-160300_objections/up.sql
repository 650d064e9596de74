-- One-time links in mails by which an owner says that it was not them.
CREATE TABLE objections (
    token_hash TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    device_id TEXT,
    expires_at BIGINT NOT NULL
);
CREATE INDEX objections_of_user ON objections (user_id);
CREATE INDEX objections_by_expiry ON objections (expires_at);
