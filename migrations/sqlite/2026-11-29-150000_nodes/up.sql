-- The servers that use this database now, and the settings that all of them must share.
CREATE TABLE nodes (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    seen_at BIGINT NOT NULL
);
-- Written and removed again, to find out whether anything can be written.
CREATE TABLE probes (
    id TEXT PRIMARY KEY NOT NULL,
    filling BLOB NOT NULL
);
-- How much of its share a client of the validation server has used, over all servers.
CREATE TABLE validation_rates (
    client_id BIGINT PRIMARY KEY NOT NULL,
    used_up BIGINT NOT NULL
);
-- Once somebody was a superuser, no set-up link is offered any more.
INSERT INTO facts (name, value)
SELECT 'set_up', X'01' WHERE EXISTS (SELECT 1 FROM users WHERE is_superuser);
