DROP INDEX sign_ins_by_browser;
ALTER TABLE sign_ins DROP COLUMN trusted_browser_id;
DROP TABLE trusted_browsers;
