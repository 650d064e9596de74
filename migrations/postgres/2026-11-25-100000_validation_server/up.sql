-- One-time-password slots whose secrets are held here. `secret` holds the private id and the AES
-- key, sealed for this public id. The counters are -1 until an OTP was accepted.
CREATE TABLE otp_keys (
    public_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    secret BYTEA NOT NULL,
    serial BIGINT,
    counter BIGINT NOT NULL,
    session_use BIGINT NOT NULL,
    device_clock BIGINT NOT NULL,
    nonce TEXT NOT NULL,
    is_active BOOLEAN NOT NULL,
    note TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX otp_keys_by_serial ON otp_keys (serial) WHERE serial IS NOT NULL;

-- Who may ask the validation server. Revoked clients keep their ids, which are not given again.
CREATE TABLE validation_clients (
    id BIGINT NOT NULL PRIMARY KEY,
    api_key BYTEA NOT NULL,
    is_active BOOLEAN NOT NULL,
    note TEXT NOT NULL,
    owner TEXT NOT NULL,
    -- Networks, a line each; none allows every address.
    addresses TEXT NOT NULL,
    -- Verifications a minute; none allows any number.
    rate_limit BIGINT,
    must_sign BOOLEAN NOT NULL,
    may_see_user BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
