-- Temporary access passes, at most one a user. What is typed is kept as a keyed hash.
CREATE TABLE passes (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    -- NULL: the command line.
    issued_by TEXT REFERENCES users (id) ON DELETE SET NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    is_once BOOLEAN NOT NULL,
    used_at BIGINT
);
CREATE INDEX passes_by_expiry ON passes (expires_at);
