-- What one process does at a time, over all that use this database: who does it, and until when
-- that counts unless it is said again.
CREATE TABLE leases (
    name TEXT PRIMARY KEY NOT NULL,
    holder TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
