-- Two tables that every sign-in writes to: each row is kept in the tree of its primary key alone, and
-- what is not locked stands in no index of locks. That is fewer pages to write and to sync.
CREATE TABLE narrow_attempts (
    scope TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    locks BIGINT NOT NULL,
    locked_until BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO narrow_attempts SELECT scope, failures, locks, locked_until, updated_at FROM attempts;
DROP TABLE attempts;
ALTER TABLE narrow_attempts RENAME TO attempts;
CREATE INDEX attempts_by_age ON attempts (updated_at);
CREATE INDEX attempts_by_lock ON attempts (locked_until) WHERE locked_until > 0;

CREATE TABLE narrow_spent_challenges (
    digest TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO narrow_spent_challenges SELECT digest, expires_at FROM spent_challenges;
DROP TABLE spent_challenges;
ALTER TABLE narrow_spent_challenges RENAME TO spent_challenges;
CREATE INDEX spent_challenges_by_expiry ON spent_challenges (expires_at);
