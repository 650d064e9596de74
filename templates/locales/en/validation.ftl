# The validation server: its clients, and the keys whose secrets are held here.
nav-console-clients = Validation clients
nav-console-otp-keys = OTP keys
clients-title = Validation clients
clients-new = Add client
client-title = Client { $id }
client-id = Number
client-api-key = API key
client-owner = Owner
client-addresses = Allowed addresses
client-rate-limit = Requests a minute
client-active = Active
client-revoked = Revoked
client-last-used = Last used

## console/otp-keys.html
otp-keys-title = OTP keys
otp-keys-lead = The secrets of these YubiKeys are sealed in Keyward’s database. It checks their one-time codes itself, for sign-in and for its clients.
otp-keys-search = Public id begins with
otp-key-public-id = Public id
otp-key-serial = Serial number
otp-key-active = In use
otp-key-inactive = Out of use
otp-key-deactivate = Take out of use
otp-key-activate = Use again
otp-keys-none-found = No public id begins so.
otp-keys-none = No secret of a key is held here yet. On the server, keyward import takes them in.

## console/validation-client-added.html
client-added = The client was added.
client-key-once = Copy the key now. It is not shown again.
client-address = Address
client-key-kept = I have copied it

## console/validation-client.html
client-settings = Settings
client-created = Added
client-revoke = Revoke client { $id }
client-revoke-text = From its next request on, this client is told that nobody knows it.
client-restore = Restore client { $id }
client-restore-text = The client is answered again, with the key that it has.

## console/validation-clients.html
clients-lead = Servers and programs that ask Keyward whether the one-time code of a YubiKey is good.
clients-keys = OTP keys
client-sees-users = Sees users
client-any = Any
clients-none-title = No client yet
clients-none-text = Add one for each server or program that shall verify YubiKeys here.

## parts/validation-client-form.html
client-note = Note
client-note-hint = What it is, for whoever reads this list.
client-owner-hint = Who answers for it.
client-addresses-hint = Networks such as 192.0.2.0/24, one a line. Empty: from anywhere.
client-rate-limit-hint = Empty: any number.
client-must-sign = Requests must be signed
client-must-sign-hint = Turn this on unless the client cannot sign.
client-may-see-user = May see the user
client-may-see-user-hint = Answers tell the name of the user whose key it is.
client-id-hint = Optional. Only for a client that has a number already.
client-api-key-hint = Optional. Only for a client that brings its key; a new one is made otherwise.
