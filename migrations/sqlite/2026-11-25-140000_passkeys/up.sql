-- Challenges of sign-ins without a user name that were answered. Each carries its own end, after
-- which it is refused by its age and its row is swept.
CREATE TABLE spent_challenges (
    digest TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX spent_challenges_by_expiry ON spent_challenges (expires_at);

-- Why a device is suspect: the counter that was stored, the one that came, when and from where.
CREATE TABLE suspicions (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    raised_at BIGINT NOT NULL,
    stored_count BIGINT NOT NULL,
    presented_count BIGINT NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
);
