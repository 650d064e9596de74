-- What a programmed slot asks for before it lets itself be programmed again, sealed for its key.
ALTER TABLE otp_keys ADD COLUMN lock_code BLOB;
