-- When the user of a session last proved themselves as well as they can; sessions from before this
-- did so when they were opened.
ALTER TABLE sign_ins ADD COLUMN proved_at BIGINT;
UPDATE sign_ins SET proved_at = opened_at;
