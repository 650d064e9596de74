# The console of administrators.
nav-group-people = People
nav-group-proofs = Devices and rules
nav-group-access = Access
nav-group-applications = Applications
nav-group-validation = YubiKey validation
nav-group-record = Record
nav-console-overview = Overview
nav-console-users = Users
nav-console-devices = Devices
nav-console-sessions = Sessions
nav-console-applications = Applications
nav-console-services = Validation services
nav-console-audit = Audit
actions = Actions
search = Search
filter = Filter
filter-any = Any
export-csv = Download as CSV
export-json = Download as JSON
pager-next = Next page
pager-older = Older
console-all-events = All events
number-without-device-more = More than { $count } without a device
overview-undelivered-more = More than { $count } mails were given up during the last seven days.
number-suspect-more = More than { $count } on hold
number-lost-keys-more = More than { $count } lost keys
number-found-keys-more = More than { $count } reports of found keys

users-title = Users
users-new = Add user
filter-user = Part of a name or email address
filter-user-more = The filter fits more people than these. Type more of the name.
user-state = State
user-enabled = Active
user-disabled = Disabled
user-superuser = Superuser
user-groups = Groups
user-groups-hint = Optional. Separate names with commas.
new-user-name-missing = Type a user name.
email-wrong = An email address looks like anna@example.org.

sessions-title = Open sessions
sessions-none = No session is open.
session-end = End
session-methods = Proved by
session-opened = Opened
session-seen = Last seen

device-kind = Kind
device-owner = User

services-title = Validation services
services-new = Add service
service-name = Name
service-client-id = Client ID
service-remove-yubikeys-more = More than { $count } YubiKeys are checked by the services that stay.
service-remove-yubikeys-stranded-more = More than { $count } YubiKeys can no longer be used to sign in by their one-time codes.

# What one server said; the keys are the reasons of gateways::validation.
server-ok = Confirmed
server-bad_otp = Not a code that it knows
server-replayed_otp = The touch was used before
server-replayed_request = It has seen this request before
server-bad_signature = Our API key is not the one it knows
server-missing_parameter = It dislikes our request
server-no_such_client = It does not know our client ID
server-operation_not_allowed = Our client ID may not ask
server-backend_error = It is out of order
server-not_enough_answers = Too few of its peers answered
server-inner_address = Its address is not public
server-plain_text = It is asked without TLS, which its network is not allowed for
server-forbidden_address = Its address is link-local or a cloud’s metadata service, which is never asked
server-unknown_name = No address is known for its name
server-connection_refused = Nothing listens there
server-no_route = It cannot be reached over this network
server-unknown_authority = Its certificate is signed by nobody we trust: add the authority’s certificate below
server-other_name = Its certificate names another host
server-certificate_expired = Its certificate has expired or is not valid yet
server-certificate_of_authority = It shows an authority’s certificate as its own
server-certificate_unsound = Its certificate cannot be used
server-no_tls = It does not speak TLS there
server-connection_broken = The connection broke
server-too_slow = No answer in time
server-http_status = An HTTP error or redirect
server-too_long = An answer that is far too long
server-not_an_answer = Something else than an answer
server-field_twice = A field twice
server-unknown_field = A field that nobody knows
server-no_status = An answer without a status
server-unknown_status = A status that nobody knows
server-unsigned = An answer without a signature
server-wrong_signature = A wrong signature
server-other_otp = An answer about another code
server-other_nonce = An answer to another request
server-key_unreadable = Our API key cannot be read
audit-none = Nothing here yet.
event-what = Event
event-where = Address
user-display-name = Display name

## console/devices.html
filter-unused-days = Days without use
device-state = State
device-state-suspect = On hold
console-devices-none = No device fits.

## console/edit-user.html
user-edit-title = Edit { $name }
user-name-hint = { $name } signs in with it from now on.
user-display-name-hint = What { $name } is called on pages and in browsers. Optional.
user-email-hint = Both addresses are told of a change.

## console/events.html
audit-title = Audit
filter-since = Since (UTC)
filter-until = Before (UTC)

## console/new-user.html
optional = Optional.
user-superuser-hint = Opens this console, after a second step at sign-in.

## console/overview.html
console-title = Overview
overview-unread-proxy = Requests carry X-Forwarded-For or Forwarded, and server.trusted_proxies is 0. If a proxy stands in front, everybody has its address, and one person’s failed tries count on all: set the number of proxies.
overview-undelivered = { $count ->
    [one] 1 mail was given up during the last seven days.
   *[other] { $count } mails were given up during the last seven days.
}
overview-undelivered-look = Look at them
number-users = { $count ->
    [one] user
   *[other] users
}
number-without-device = { $count ->
    [one] 1 without a device
   *[other] { $count } without a device
}
number-devices = { $count ->
    [one] device
   *[other] devices
}
number-suspect = { $count ->
    [one] 1 on hold
   *[other] { $count } on hold
}
number-lost-keys = { $count ->
    [one] 1 lost key
   *[other] { $count } lost keys
}
number-found-keys = { $count ->
    [one] 1 report of a found key
   *[other] { $count } reports of found keys
}
number-sessions = { $count ->
    [one] open session
   *[other] open sessions
}
number-refusals = { $count ->
    [one] refusal in 24 hours
   *[other] refusals in 24 hours
}
console-latest = Latest events

## console/remove-validation-service.html
service-remove-remaining = { $count ->
    [0] No other service is in use.
    [one] 1 other service stays in use.
   *[other] { $count } other services stay in use.
}
service-remove-yubikeys = { $count ->
    [one] 1 YubiKey is checked by the services that stay.
   *[other] { $count } YubiKeys are checked by the services that stay.
}
service-remove-yubikeys-stranded = { $count ->
    [one] 1 YubiKey can no longer be used to sign in by its one-time code.
   *[other] { $count } YubiKeys can no longer be used to sign in by their one-time codes.
}

## console/user.html
user-edit = Edit
user-ended = Closed after too many failed tries in a row. It stays closed until you unlock the account.
user-locked = Locked out after too many failed tries. The lock ends { $when }.
user-unlock = Unlock now

## console/user/devices.html
user-touch = Touch a key of theirs
user-touch-hint = Tells which of these devices it is, also for keys that keep no passkey. Nobody is signed in by it.
user-no-devices = This user has no device.
user-password-alone = A password alone protects the account.

## console/user/events.html
user-events = What happened

## console/user/rights.html
user-rights = Help and rights
user-rights-self = This is your own account. Another superuser can change its rights.
superuser-withdraw-text = { $name } can no longer open this console.
superuser-grant-text = Let { $name } open this console and manage everybody’s devices.
superuser-withdraw = Withdraw superuser
superuser-grant = Make superuser
user-disable-text = { $name } can no longer sign in. { $sessions ->
    [0] No session is open.
    [one] 1 open session ends.
   *[other] { $sessions } open sessions end.
} { $devices ->
    [0] There are no devices.
    [one] The device stays, for the day you enable the account again.
   *[other] The { $devices } devices stay, for the day you enable the account again.
}
user-disable = Disable { $name }
user-enable-text = { $name } can sign in again with the same password and devices.
user-enable = Enable { $name }
user-delete-text = Erases { $name } with everything that is theirs. You are told first, in numbers.
user-delete = Delete { $name }

## console/user/sessions.html
sessions-newest = The newest { $shown } of { $count } are shown.

## console/user/summary.html
user-facts = About this user
user-no-groups = No groups

## console/user/upstream.html
user-upstream = Sign-in at other providers
user-upstream-provider = Provider
user-upstream-called = Called there
user-upstream-gone = No longer in the settings
user-upstream-remove = Take back

## console/users.html
users-search = Part of a name or email address
users-without-device = Without a device
user-devices = Devices
no-devices = None
users-none-so-far = Nobody so far. There are more to look at.
users-too-little = Type a letter or a digit: { $query } has none.
users-none-found = No name and no email address has { $query } in it.
users-none-without-device = Everybody has a device.
users-none = There are no users yet.

## console/validation-service.html
service-test = Test with a touch
service-test-result = { $confirmed ->
    [0] { $servers ->
        [one] The server did not confirm the touch.
       *[other] None of the { $servers } servers confirmed the touch.
    }
   *[other] { $servers ->
        [one] The server confirmed the touch.
       *[other] { $confirmed } of { $servers } servers confirmed the touch.
    }
}
service-server = Server
service-said = Answer
service-latency = Time
milliseconds = { $count } ms
service-test-lead = Touch any YubiKey that this service knows. Nothing is stored, and the touch cannot be used again.
service-test-button = Test
service-settings = Settings
service-remove-hint = Remove this service and its API key from Keyward.

## console/validation-services.html
services-lead = They check the one-time codes of YubiKeys whose secrets are not held here. They are asked in this order until one of them knows.
service-servers = Servers
service-answers = Answers
service-from-file = From the settings file
service-signed = Signed
service-unsigned = Not signed
service-enabled = In use
service-disabled = Not in use
services-none-title = No validation service yet
services-none-text = Without one, only YubiKeys whose secrets are held here can sign in with one-time codes.

## layout/console.html
nav-console-menu = Menu:

## parts/device.html
device-release = Use again

## parts/group-field.html
groups-none-yet = There are no groups yet.
groups-new = New groups
groups-new-hint-cut = For groups that are not there yet, or not listed above, with commas between them.
groups-new-hint = Only for groups that are not there yet, with commas between them.

## parts/session.html
session-unknown-browser = Unknown browser
session-browser = Browser

## parts/table.html
pager = Pages
pager-first = Back to the first page
count-more = { $count }+
event-outcome = Outcome
event-whose = Whose
event-who = Who
event-when = When
event-done = Done
event-no-actor = Not signed in
event-by-system = The system

## parts/validation-service-form.html
service-name-missing = Type a name for this service.
service-urls = Addresses
service-urls-missing = Type at least one address.
service-urls-hint = One a line, for example https://example.org/wsapi/2.0/verify. All are asked at once; the first trustworthy answer counts.
service-client-id-missing = Type the number that the service gave you.
service-api-key = API key
service-api-key-keep = Leave empty to keep the one that is stored.
service-api-key-hint = In base64. Without it, answers cannot be checked for forgery.
service-ca = CA certificates
service-ca-hint = In PEM. Only for servers whose certificates browsers do not trust.
service-sync-level = Sync level
service-sync-level-hint = fast, secure, or 0 to 100 per cent. Empty leaves it to the service.
service-timeout = Timeout
service-timeout-hint = Seconds, at most 60.
service-is-enabled = Use this service
service-is-enabled-hint = Switched off, it stays here but is not asked.
