-- Set-up links end by themselves; those from before this are over.
ALTER TABLE setup_links ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0;

-- The authenticator assurance level that a session reached (NIST SP 800-63B-4 §2).
ALTER TABLE sign_ins ADD COLUMN level TEXT NOT NULL DEFAULT 'aal1';

-- Links that an administrator hands over are bound to no address.
ALTER TABLE recoveries ADD COLUMN is_handed_over BOOLEAN NOT NULL DEFAULT FALSE;
