DROP INDEX attempts_by_lock;
DROP TABLE failed_names;
