DROP TABLE event_repeats;
DROP TABLE address_tries;
ALTER TABLE attempts DROP COLUMN lock_event;
ALTER TABLE attempts DROP COLUMN in_a_row;
