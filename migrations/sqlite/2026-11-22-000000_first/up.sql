-- Times are unix milliseconds, ids are UUIDs as text; both databases read alike.

CREATE TABLE facts (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
);

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    email TEXT,
    email_folded TEXT,
    password_hash TEXT,
    handle BLOB NOT NULL UNIQUE,
    is_superuser BOOLEAN NOT NULL,
    is_enabled BOOLEAN NOT NULL,
    default_device TEXT,
    -- How many devices point here: lists show it, and who has none is found by it.
    device_count BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    last_sign_in_at BIGINT
);
CREATE INDEX users_by_email ON users (email_folded, id);
CREATE INDEX users_without_device ON users (id) WHERE device_count = 0;
CREATE INDEX users_superusers ON users (is_superuser) WHERE is_superuser;

CREATE TABLE group_members (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    group_name TEXT NOT NULL,
    PRIMARY KEY (user_id, group_name)
);

CREATE TABLE devices (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    model TEXT,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    -- When it was last used, or else enrolled: what "unused for N days" asks.
    idle_since BIGINT NOT NULL
);
CREATE INDEX devices_of_user ON devices (user_id, kind, idle_since, id);
CREATE INDEX devices_by_idleness ON devices (idle_since, id);
CREATE INDEX devices_by_kind_and_idleness ON devices (kind, idle_since, id);
CREATE INDEX devices_suspect ON devices (idle_since, id) WHERE state = 'suspect';
CREATE INDEX devices_suspect_by_kind ON devices (kind, idle_since, id) WHERE state = 'suspect';

CREATE TABLE credentials (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    credential_id BLOB NOT NULL UNIQUE,
    public_key BLOB NOT NULL,
    sign_count BIGINT NOT NULL,
    aaguid TEXT NOT NULL,
    transports TEXT NOT NULL,
    backup_eligible BOOLEAN NOT NULL,
    backed_up BOOLEAN NOT NULL,
    user_verified BOOLEAN NOT NULL,
    discoverable BOOLEAN,
    attestation_format TEXT NOT NULL
);

CREATE TABLE totp_secrets (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    secret BLOB NOT NULL,
    digits BIGINT NOT NULL,
    step BIGINT NOT NULL,
    t0 BIGINT NOT NULL,
    tolerance BIGINT NOT NULL,
    drift BIGINT NOT NULL,
    last_step BIGINT NOT NULL
);

CREATE TABLE yubikeys (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    public_id TEXT NOT NULL UNIQUE
);

-- One-time passwords that were accepted here, by their digests: whatever a validation service
-- says a second time, it is not accepted twice.
CREATE TABLE spent_otps (
    digest TEXT NOT NULL PRIMARY KEY,
    spent_at BIGINT NOT NULL
);
CREATE INDEX spent_otps_by_age ON spent_otps (spent_at);

CREATE TABLE browser_sessions (
    key_hash TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX browser_sessions_by_expiry ON browser_sessions (expires_at);

CREATE TABLE sign_ins (
    id TEXT NOT NULL PRIMARY KEY,
    identifier_hash TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    assurance TEXT NOT NULL,
    methods TEXT NOT NULL,
    device_id TEXT,
    opened_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
);
CREATE INDEX sign_ins_of_user ON sign_ins (user_id, id);
CREATE INDEX sign_ins_by_device ON sign_ins (device_id);
CREATE INDEX sign_ins_by_expiry ON sign_ins (expires_at);
CREATE INDEX sign_ins_by_activity ON sign_ins (last_seen_at, expires_at);

CREATE TABLE journeys (
    id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    stage BLOB NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX journeys_by_expiry ON journeys (expires_at);
CREATE INDEX journeys_of_user ON journeys (user_id);

CREATE TABLE setup_links (
    token_hash TEXT NOT NULL PRIMARY KEY
);

CREATE TABLE attempts (
    scope TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    locks BIGINT NOT NULL,
    locked_until BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX attempts_by_age ON attempts (updated_at);

CREATE TABLE validation_services (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    urls TEXT NOT NULL,
    client_id BIGINT NOT NULL,
    api_key BLOB,
    sync_level TEXT,
    timeout BIGINT NOT NULL,
    is_enabled BOOLEAN NOT NULL
);

-- No foreign keys: the trail outlives what it tells of.
CREATE TABLE events (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    refusal TEXT,
    actor TEXT NOT NULL,
    actor_user TEXT,
    subject_user TEXT,
    device_id TEXT,
    detail TEXT,
    address TEXT,
    user_agent TEXT
);
CREATE INDEX events_of_subject ON events (subject_user, id);
CREATE INDEX events_of_subject_and_kind ON events (subject_user, kind, id);
CREATE INDEX events_by_kind ON events (kind, id);
-- What people do to others is rare: two small indexes beside those of the subject.
CREATE INDEX events_of_actor ON events (actor_user, id)
    WHERE actor_user IS DISTINCT FROM subject_user;
CREATE INDEX events_of_actor_and_kind ON events (actor_user, kind, id)
    WHERE actor_user IS DISTINCT FROM subject_user;
CREATE INDEX events_refused ON events (at) WHERE refusal IS NOT NULL;
