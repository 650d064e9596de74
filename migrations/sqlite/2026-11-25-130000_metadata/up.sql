-- The edition of FIDO metadata that is in use: one row, whose serial number only rises.
CREATE TABLE metadata_edition (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    serial BIGINT NOT NULL,
    next_update BIGINT NOT NULL,
    imported_at BIGINT NOT NULL,
    models BIGINT NOT NULL,
    digest TEXT NOT NULL
);
INSERT INTO metadata_edition (id, serial, next_update, imported_at, models, digest)
VALUES (1, -1, 0, 0, 0, '');

CREATE TABLE models (
    aaguid TEXT NOT NULL PRIMARY KEY,
    description TEXT NOT NULL,
    -- What policy looks at, as JSON.
    facts TEXT NOT NULL,
    -- The roots of its attestation, DER in base64, one a line.
    roots TEXT NOT NULL,
    icon BLOB,
    -- The whole entry as JSON.
    entry TEXT NOT NULL
);
