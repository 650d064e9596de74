-- How many members a group has is kept, not counted. A group that is being removed is one no more: its
-- name is taken until its last member has left.
ALTER TABLE groups ADD COLUMN members BIGINT NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN removed_at BIGINT;
-- Whether those who leave are to be judged by policy, for the group had one.
ALTER TABLE groups ADD COLUMN judges_leavers BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE groups SET members =
    (SELECT COUNT(*) FROM group_members WHERE group_members.group_name = groups.name);
CREATE INDEX groups_removed ON groups (name) WHERE removed_at IS NOT NULL;

-- Other numbers that are kept, not counted.
CREATE TABLE tallies (
    name TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL
);
INSERT INTO tallies (name, number) SELECT 'stopping_devices', COUNT(*) FROM stopping_devices;

CREATE FUNCTION group_members_joined() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE groups SET members = members + changed.number
    FROM (SELECT group_name, COUNT(*) AS number FROM changed_rows GROUP BY group_name) AS changed
    WHERE groups.name = changed.group_name;
    RETURN NULL;
END $$;
CREATE FUNCTION group_members_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE groups SET members = members - changed.number
    FROM (SELECT group_name, COUNT(*) AS number FROM changed_rows GROUP BY group_name) AS changed
    WHERE groups.name = changed.group_name;
    RETURN NULL;
END $$;
CREATE FUNCTION stopping_devices_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tallies SET number = number + (SELECT COUNT(*) FROM changed_rows)
    WHERE name = 'stopping_devices' AND EXISTS (SELECT 1 FROM changed_rows);
    RETURN NULL;
END $$;
CREATE FUNCTION stopping_devices_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tallies SET number = number - (SELECT COUNT(*) FROM changed_rows)
    WHERE name = 'stopping_devices' AND EXISTS (SELECT 1 FROM changed_rows);
    RETURN NULL;
END $$;
CREATE TRIGGER group_members_joined AFTER INSERT ON group_members
    REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION group_members_joined();
CREATE TRIGGER group_members_left AFTER DELETE ON group_members
    REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION group_members_left();
CREATE TRIGGER stopping_devices_added AFTER INSERT ON stopping_devices
    REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION stopping_devices_added();
CREATE TRIGGER stopping_devices_removed AFTER DELETE ON stopping_devices
    REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION stopping_devices_removed();

-- Whose devices and duties are still to be judged by policy: of everybody, where the scope is empty, or
-- of a group's members. Whoever judges moves `after_user` on.
CREATE TABLE judgements (
    scope TEXT NOT NULL PRIMARY KEY,
    -- Rises each time that it is wanted anew.
    number BIGINT NOT NULL,
    -- What changed concerns nobody without a device.
    owners_only BOOLEAN NOT NULL,
    after_user TEXT NOT NULL,
    judged BIGINT NOT NULL,
    people BIGINT NOT NULL
);
INSERT INTO judgements (scope, number, owners_only, after_user, judged, people)
SELECT '', 1, FALSE, '', 0, 0 FROM policy_state WHERE wanted > judged;
ALTER TABLE policy_state DROP COLUMN wanted;
ALTER TABLE policy_state DROP COLUMN judged;
CREATE INDEX users_with_device ON users (id) WHERE device_count > 0;
