-- Where a row that others refer to goes, those are looked for: by an index, not from end to end.
CREATE INDEX invitations_by_inviter ON invitations (invited_by) WHERE invited_by IS NOT NULL;
CREATE INDEX invitations_of_user ON invitations (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX passes_by_issuer ON passes (issued_by) WHERE issued_by IS NOT NULL;
