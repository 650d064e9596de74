-- What people are found by: parts of their names and addresses, in a form without case and accents.
-- Whoever has no row yet gets one from the server that runs.
ALTER TABLE users ADD COLUMN is_searchable BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX users_unsearchable ON users (id) WHERE NOT is_searchable;
DROP INDEX users_without_device;
CREATE INDEX users_without_device_by_name ON users (name_folded) WHERE device_count = 0;

CREATE TABLE user_search (
    -- In the order in which people came.
    place BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id TEXT NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    text TEXT NOT NULL
);
-- The extension pg_trgm would do this too, where its owner lets us create it.
CREATE FUNCTION keyward_trigrams(text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
    SELECT coalesce(array_agg(DISTINCT substr($1, i, 3)), '{}')
    FROM generate_series(1, length($1) - 2) AS i
$$;
CREATE INDEX user_search_grams ON user_search USING gin (keyward_trigrams(text));
