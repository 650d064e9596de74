DROP INDEX attempts_by_lock;
CREATE INDEX attempts_by_lock ON attempts (locked_until);
