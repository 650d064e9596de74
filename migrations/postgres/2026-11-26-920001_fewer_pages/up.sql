-- What is not locked stands in no index of locks.
DROP INDEX attempts_by_lock;
CREATE INDEX attempts_by_lock ON attempts (locked_until) WHERE locked_until > 0;
