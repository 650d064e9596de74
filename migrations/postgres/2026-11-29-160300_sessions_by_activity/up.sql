-- Sessions are listed in the order in which they were last seen: the idle ones come last.
DROP INDEX sign_ins_by_activity;
CREATE INDEX sign_ins_by_activity ON sign_ins (last_seen_at, id, expires_at);
DROP INDEX sign_ins_of_user;
CREATE INDEX sign_ins_of_user ON sign_ins (user_id, last_seen_at, id, expires_at);
