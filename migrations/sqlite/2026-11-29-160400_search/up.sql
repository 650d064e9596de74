-- What people are found by: parts of their names and addresses, in a form without case and accents.
-- Whoever has no row yet gets one from the server that runs.
ALTER TABLE users ADD COLUMN is_searchable BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX users_unsearchable ON users (id) WHERE NOT is_searchable;
DROP INDEX users_without_device;
CREATE INDEX users_without_device_by_name ON users (name_folded) WHERE device_count = 0;

CREATE TABLE user_search (
    -- In the order in which people came.
    place INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    text TEXT NOT NULL
);
CREATE VIRTUAL TABLE user_grams USING fts5 (
    text, content = 'user_search', content_rowid = 'place',
    tokenize = 'trigram case_sensitive 1', detail = none, columnsize = 0
);
-- What is removed is to be in no page of the file.
INSERT INTO user_grams (user_grams, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER user_search_added AFTER INSERT ON user_search BEGIN
    INSERT INTO user_grams (rowid, text) VALUES (new.place, new.text);
END;
CREATE TRIGGER user_search_removed AFTER DELETE ON user_search BEGIN
    INSERT INTO user_grams (user_grams, rowid, text) VALUES ('delete', old.place, old.text);
END;
CREATE TRIGGER user_search_changed AFTER UPDATE ON user_search BEGIN
    INSERT INTO user_grams (user_grams, rowid, text) VALUES ('delete', old.place, old.text);
    INSERT INTO user_grams (rowid, text) VALUES (new.place, new.text);
END;
