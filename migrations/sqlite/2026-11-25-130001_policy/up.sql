-- Groups are there before they have members, and after the last one has left.
CREATE TABLE groups (
    name TEXT NOT NULL PRIMARY KEY
);
INSERT INTO groups (name) SELECT DISTINCT group_name FROM group_members;
CREATE INDEX group_members_by_group ON group_members (group_name, user_id);

-- One for everybody, whose scope is empty, and one for each group that has its own.
CREATE TABLE policies (
    scope TEXT NOT NULL PRIMARY KEY,
    -- What is in force, as JSON; nothing before it was first switched on.
    rules TEXT,
    -- What an administrator is preparing.
    draft TEXT,
    version BIGINT NOT NULL,
    switched_on_at BIGINT
);

-- Policy, metadata and groups count up what is wanted; whoever has judged all devices says so.
CREATE TABLE policy_state (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    wanted BIGINT NOT NULL,
    judged BIGINT NOT NULL,
    -- The serial number of the metadata that models were verified by.
    verified_by BIGINT NOT NULL
);
INSERT INTO policy_state (id, wanted, judged, verified_by) VALUES (1, 0, 0, -1);

-- Enrolled devices that do not satisfy policy any more, until when they may still be used.
CREATE TABLE stopping_devices (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    reasons TEXT NOT NULL,
    since BIGINT NOT NULL,
    deadline BIGINT NOT NULL
);
CREATE INDEX stopping_devices_by_deadline ON stopping_devices (deadline, device_id);

-- What came with credentials that proved their make: the certificates, DER in base64, one a line.
CREATE TABLE attestations (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES credentials (device_id) ON DELETE CASCADE,
    -- Whether they lead to a root of the model, as metadata had them.
    is_verified BOOLEAN NOT NULL,
    chain TEXT NOT NULL
);
