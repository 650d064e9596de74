-- What the page of an objection tells of the change: when, which device, and from where.
ALTER TABLE objections ADD COLUMN happened_at BIGINT;
ALTER TABLE objections ADD COLUMN device TEXT;
ALTER TABLE objections ADD COLUMN address TEXT;
ALTER TABLE objections ADD COLUMN user_agent TEXT;
