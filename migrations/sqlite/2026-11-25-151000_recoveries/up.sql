-- Links by which a forgotten password is replaced, as hashes. One works once.
CREATE TABLE recoveries (
    token_hash TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The address that it was sent to: another one by now, and it is void.
    email_folded TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX recoveries_of_user ON recoveries (user_id);
CREATE INDEX recoveries_by_expiry ON recoveries (expires_at);
