DROP INDEX passes_by_issuer;
DROP INDEX invitations_of_user;
DROP INDEX invitations_by_inviter;
