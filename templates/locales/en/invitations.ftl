# Invitations.
nav-console-invites = Invitations
invites-title = Invitations
invites-new = Invite somebody
invite-by-command-line = Command line
invite-expires = Expires
mail-stays-here = No mail leaves this server: it is written into the log until a mail server is set up.

mail-invitation = You are invited to have an account with { $organisation }.
    .subject = Create your account
mail-invitation-by = { $name } invites you to have an account with { $organisation }.
mail-invitation-link = Create your account
mail-invitation-not-you = If you did not expect this, do nothing: no account is made.

notice-invited = A mail to { $name } is on its way.
notice-invited-again = Another mail to { $name } is on its way. The link of the one before does not work any more.
notice-invitation-revoked = The invitation to { $name } was revoked.

event-invitation-sent = Invitation sent
event-invitation-resent = Invitation sent again
event-invitation-revoked = Invitation revoked
event-invitation-accepted = Invitation accepted

problem-invitation-link_used = This link does not work. It may have expired, or been used or replaced by a newer one. Ask whoever invited you for another.
    .title = This invitation does not work
problem-invitation-open = This address was invited already. Send that invitation again, or revoke it first.
    .title = Invited already
problem-invitation-has_account = Somebody with this address has an account already.
    .title = There is an account already
problem-invitation-unknown = There is no such invitation, or it was used or revoked meanwhile.
    .title = No such invitation
problem-enrolment-needs_passkey = You have no password, so a passkey or a security key that asks for your PIN, fingerprint or face comes first. You can add other devices afterwards.
    .title = A passkey first
problem-device-only_way_in = You have no password, and nothing else would let you in. Add another passkey or set a password first.
    .title = Your only way in
or = or

## console/invitation-sent.html
invited-title = Hand over the invitation
invited-link = Link
invited-give = Copy the link now and give it to them. It works once, and is not shown again.
invited-kept = I have copied it

## console/invitations.html
invite-state = State
invite-by = Invited by
invite-sent = Sent
invite-state-undelivered = Not delivered
invite-state-open = Open
invite-state-accepted = Accepted
invite-state-expired = Expired
invite-state-revoked = Revoked
invite-resend = Send again
invite-revoke = Revoke
invites-none = Nobody was invited yet.

## console/new-invitation.html
invites-lead = They get a mail with a link that works once, for { $days ->
    [one] 1 day
   *[other] { $days } days
}. It leads them to a user name, a password or passkey, and their first device.
invite-by-hand = You get a link here that you hand over yourself.
invite-send = Send invitation

## invitation.html
invite-title = Create your account
invite-lead = You were invited as { $email }. Choose how you sign in from now on.
invite-username-missing = Type a user name.
invite-username-hint = You type it when you sign in. Capitals do not matter.
invite-passwordless = Use a passkey instead
invite-passwordless-hint = No password to remember: your fingerprint, face or screen lock signs you in.
invite-has-account = I have an account already
