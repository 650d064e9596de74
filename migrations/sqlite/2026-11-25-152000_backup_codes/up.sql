-- The codes of a set, as keyed hashes. The set itself is a device.
CREATE TABLE backup_codes (
    device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (device_id, code_hash)
);
