ALTER TABLE otp_keys DROP COLUMN lock_code;
