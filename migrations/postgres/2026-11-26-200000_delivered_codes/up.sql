-- Where a device is sent codes: its address, confirmed by a code before it was added.
CREATE TABLE receivers (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    method TEXT NOT NULL,
    -- Sealed.
    address BYTEA NOT NULL,
    -- Keyed: the same address is known again without being opened.
    address_hash TEXT NOT NULL
);
CREATE UNIQUE INDEX receivers_once ON receivers (user_id, method, address_hash);

-- The code that a journey waits for: one at most, as a keyed hash.
CREATE TABLE delivered_codes (
    journey_id TEXT NOT NULL PRIMARY KEY REFERENCES journeys (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    -- None while the device is being added.
    device_id TEXT REFERENCES devices (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    tries BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX delivered_codes_of_device ON delivered_codes (device_id);

-- How many codes were sent within a day, to an address and for a user.
CREATE TABLE code_sendings (
    scope TEXT NOT NULL PRIMARY KEY,
    began_at BIGINT NOT NULL,
    sent BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);
CREATE INDEX code_sendings_by_age ON code_sendings (last_at);
