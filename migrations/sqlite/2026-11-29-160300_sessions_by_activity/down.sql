DROP INDEX sign_ins_of_user;
CREATE INDEX sign_ins_of_user ON sign_ins (user_id, id);
DROP INDEX sign_ins_by_activity;
CREATE INDEX sign_ins_by_activity ON sign_ins (last_seen_at, expires_at);
