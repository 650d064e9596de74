ALTER TABLE objections DROP COLUMN user_agent;
ALTER TABLE objections DROP COLUMN address;
ALTER TABLE objections DROP COLUMN device;
ALTER TABLE objections DROP COLUMN happened_at;
