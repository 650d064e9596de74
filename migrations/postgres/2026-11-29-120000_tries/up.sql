-- Failures in a row, which only a success ends, and the event that tells of tries while a count is
-- locked.
ALTER TABLE attempts ADD COLUMN in_a_row BIGINT NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN lock_event TEXT;

-- Who was tried from an address: what is being judged, and what came of it last: failures, or -1 for
-- somebody who got in.
CREATE TABLE address_tries (
    address TEXT NOT NULL,
    whose TEXT NOT NULL,
    pending BIGINT NOT NULL,
    outcome BIGINT NOT NULL,
    tried_at BIGINT NOT NULL,
    PRIMARY KEY (address, whose)
);
CREATE INDEX address_tries_by_age ON address_tries (tried_at);

-- How often the same happened again that an event tells of, and when last.
CREATE TABLE event_repeats (
    event_id TEXT NOT NULL PRIMARY KEY,
    times BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);
