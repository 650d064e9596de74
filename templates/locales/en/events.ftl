# How a user proved who they are.
amr-pwd = password
amr-swk = passkey
amr-hwk = security key
amr-otp = one-time code
amr-sms = text message
amr-tel = call
amr-fed = another account
amr-user = PIN or fingerprint
event-opened-verified = With { $methods }
event-opened-remembered = With { $methods }, in a trusted browser
event-opened-password = With { $methods } alone
event-opened-short = With { $methods }, too short to stand alone: only to choose a longer one or add a device
event-opened-enrolment = With { $methods } alone: only to add a device
event-opened-pass = With a temporary pass: only to add a device or choose a password

# What the audit trail holds. The keys are the stable names of domain::event with dots as dashes.
event-user-created = User created
event-user-enabled = User enabled
event-user-disabled = User disabled
event-user-deleted = User deleted
event-user-renamed = User name changed
event-user-email_changed = Email address changed
event-user-display_name_changed = Display name changed
event-user-superuser_granted = Superuser granted
event-user-superuser_withdrawn = Superuser withdrawn
event-user-groups_changed = Groups changed
event-user-password_set = Password set
event-user-unlocked = User unlocked
event-sign_in-password = Password checked
event-sign_in-passkey = Passkey checked
event-sign_in-upstream = Sign-in elsewhere checked
event-sign_in-second_factor = Second factor checked
event-sign_in-completed = Signed in
event-sign_in-unusual_place = Signed in from an unusual place
event-session-stepped_up = Confirmed it is them
event-session-signed_out = Signed out
event-session-ended = Session ended
event-device-added = Device added
event-device-renamed = Device renamed
event-device-made_default = Device made default
event-backup_code-used = Backup code used
event-device-removed = Device removed
event-device-suspect = Device put on hold
event-device-released = Device taken off hold
event-two_factor-disabled = All devices removed
event-otp_key-imported = Keys imported
event-otp_key-counters_imported = Counters of keys imported
event-otp_key-exported = Keys exported
event-otp_key-generated = Key material made
event-policy-second_factor_due = Reminded to add a second factor
event-policy-devices_missing = Reminded to add another device
event-upstream-linked = Account elsewhere linked
event-upstream-unlinked = Account elsewhere unlinked
event-trusted_browser-added = Browser trusted
event-trusted_browser-ended = Trust in a browser ended
event-trusted_browser-key_reused = Copied trusted browser noticed
event-lockout-spraying = Passwords tried on many users
event-account-objected = Owner objected to a change
event-list-exported = List exported
event-webhook-added = Webhook added
event-webhook-changed = Webhook changed
event-webhook-removed = Webhook removed
event-webhook-tested = Webhook tested
event-webhook-secret_rotated = Webhook given a new secret
event-webhook-resent = Events sent to a webhook again
event-validation_service-added = Validation service added
event-validation_service-changed = Validation service changed
event-validation_service-removed = Validation service removed
event-validation_service-tested = Validation service tested
event-recovery-asked = Recovery link asked for
event-recovery-link_used = Recovery link used
event-mail-failed = Mail not delivered
event-application-added = Application added
event-application-changed = Application changed
event-application-removed = Application removed
event-group-added = Group added
event-group-removed = Group removed
event-policy-drafted = Policy drafted
event-policy-draft_discarded = Policy draft discarded
event-policy-switched_on = Policy switched on
event-policy-removed = Policy removed
event-device-stopping = Device stops working by policy
event-metadata-imported = Metadata imported
event-otp_key-added = Key’s secret taken in
event-otp_key-activated = Key taken into use
event-otp_key-deactivated = Key taken out of use
event-validation_client-added = Validation client added
event-validation_client-changed = Validation client changed
event-validation_client-revoked = Validation client revoked
event-validation_client-restored = Validation client restored
event-api_token-added = API token added
event-api_token-revoked = API token revoked
event-api_token-refused = API token refused
event-validation-refused = Validation client refused
event-access-refused = Access refused
event-phones-limit_met = Limit for phones met
event-phones-stopped = Messages to phones stopped
event-phones-started = Messages to phones started
event-lockout-locked = Locked out
event-lockout-ended = Closed after too many failed tries in a row
event-lockout-cleared = Lockouts cleared

# Why something was refused; the keys are the stable words of domain::refusal. A code of problem.rs
# is told by its own title.
refusal-taken = In use already
refusal-not_superuser = No superuser
refusal-wrong_password = Wrong password
refusal-replaced_password = Password replaced meanwhile
refusal-unknown_user = Unknown user
refusal-address_of_several = Shared email address
refusal-no_password = No password set
refusal-disabled = Account disabled
refusal-locked = Locked out
refusal-wrong_code = Wrong code
refusal-replayed_code = Code used before
refusal-other_key = Somebody else’s key
refusal-replayed_request = Request seen before
refusal-wrong_signature = Wrong signature
refusal-unsigned = No signature
refusal-address_not_allowed = From an address that is not allowed
refusal-too_many = More requests than allowed
refusal-expired = Expired
refusal-used = Used before
refusal-revoked = Revoked
refusal-unknown = Nothing known here
refusal-service_unavailable = No validation service answered

## parts/table.html
refusal-of-another-version = For a reason of another version of Keyward: { $word }
# The moment is a relative one: tomorrow, in 7 days, an hour ago.
event-until = ends { $when }
# By an API token of theirs.
event-by-token = by token { $name }
event-again = { $times ->
    [one] and once more, last
   *[other] and { $times } times more, last
 }
