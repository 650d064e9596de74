# Lockouts.
nav-console-lockouts = Lockouts
lockout-of-password = Password
lockout-of-browser = Password, in a trusted browser
lockout-of-webauthn = Passkeys and security keys
lockout-of-yubikey = YubiKey one-time codes
lockout-of-totp = Authenticator apps
lockout-of-address = Network
lockout-of-api-tokens = Wrong API tokens
lockout-of-openid-clients = Wrong secrets of OpenID clients
lockout-of-name = Password
lockout-of-backup-codes = Backup codes
lockout-of-recovery = Links for forgotten passwords

## console/lockouts.html
lockouts-title = Lockouts
lockouts-lead = { $user } failed tries lock one factor of an account. { $address } people who fail from one network address, and do not get in, lock that. Each further lock lasts twice as long. Passkeys and security keys are never locked.
lockout-whose = Account or network address
lockout-what = Counted on
lockout-state = State
lockout-failures = Failed tries
lockout-mailbox = An email address
lockout-nobody = A name that nobody has
lockout-open = Open
lockout-for-good = Closed until it is cleared
lockout-network-until = Locked for the network, ends
lockout-account-until = Locked for the account, ends
lockout-clear = Clear
lockouts-clear-expired = Clear what is not locked
lockouts-clear-all = Clear all
lockouts-none = Nothing is counted right now.
