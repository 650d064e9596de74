-- Who was invited by mail. What opens is a random token in the mail's link, of which only the hash
-- is here; it works once, and sending the mail again puts another in its place.
CREATE TABLE invitations (
    id TEXT NOT NULL PRIMARY KEY,
    -- The account that it makes has this address and no other.
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    -- Separated by commas, which no name of a group holds.
    group_names TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    -- NULL: the command line.
    invited_by TEXT REFERENCES users (id) ON DELETE SET NULL,
    sent_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- open, accepted, revoked, expired
    state TEXT NOT NULL,
    ended_at BIGINT,
    user_id TEXT REFERENCES users (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX invitations_by_token ON invitations (token_hash);
CREATE UNIQUE INDEX invitations_open ON invitations (email_folded) WHERE state = 'open';
CREATE INDEX invitations_by_expiry ON invitations (expires_at);
