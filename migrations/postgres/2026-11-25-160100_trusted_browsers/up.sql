-- Browsers that may stand in for the second factor for a while. What opens is a random key in the
-- browser's cookie, of which only the hash is here; it changes at each use.
CREATE TABLE trusted_browsers (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- The device that was proved when the trust began. The trust ends with it.
    device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    key_hash TEXT NOT NULL,
    previous_hash TEXT,
    rotated_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    expires_at BIGINT NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
);
CREATE INDEX trusted_browsers_of_user ON trusted_browsers (user_id, id);
CREATE INDEX trusted_browsers_by_device ON trusted_browsers (device_id);
CREATE INDEX trusted_browsers_by_expiry ON trusted_browsers (expires_at);

ALTER TABLE sign_ins ADD COLUMN trusted_browser_id TEXT;
CREATE INDEX sign_ins_by_browser ON sign_ins (trusted_browser_id)
    WHERE trusted_browser_id IS NOT NULL;
