DROP TABLE attestations;
DROP TABLE stopping_devices;
DROP TABLE policy_state;
DROP TABLE policies;
DROP INDEX group_members_by_group;
DROP TABLE groups;
