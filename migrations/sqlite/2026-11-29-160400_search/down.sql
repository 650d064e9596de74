DROP TABLE user_grams;
DROP TABLE user_search;
DROP INDEX users_without_device_by_name;
CREATE INDEX users_without_device ON users (id) WHERE device_count = 0;
DROP INDEX users_unsearchable;
ALTER TABLE users DROP COLUMN is_searchable;
