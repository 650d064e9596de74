# What the audit trail holds. The keys are the stable names of domain::event with dots as dashes.
event-user-created = User created
event-user-enabled = User enabled
event-user-disabled = User disabled
event-user-superuser_granted = Superuser granted
event-user-superuser_withdrawn = Superuser withdrawn
event-user-groups_changed = Groups changed
event-user-password_set = Password set
event-user-unlocked = User unlocked
event-sign_in-password = Password checked
event-sign_in-second_factor = Second factor checked
event-sign_in-completed = Signed in
event-session-stepped_up = Confirmed it is them
event-session-signed_out = Signed out
event-session-ended = Session ended
event-device-added = Device added
event-device-renamed = Device renamed
event-device-made_default = Device made default
event-device-removed = Device removed
event-device-suspect = Device put on hold
event-device-released = Device taken off hold
event-two_factor-disabled = All devices removed
event-validation_service-added = Validation service added
event-validation_service-changed = Validation service changed
event-validation_service-removed = Validation service removed
event-validation_service-tested = Validation service tested
event-mail-failed = Mail not delivered
event-metadata-imported = Metadata imported
event-access-refused = Access refused
event-lockout-locked = Locked out
event-lockout-cleared = Lockouts cleared

# Why something was refused; the keys are the stable words in the trail. A code of problem.rs is
# told by its own title.
refusal-wrong_password = Wrong password
refusal-unknown_user = Unknown user
refusal-disabled = Account disabled
refusal-locked = Locked out
refusal-wrong_code = Wrong code
refusal-replayed_code = Code used before
refusal-other_key = Somebody else’s key
refusal-service_unavailable = No validation service answered
