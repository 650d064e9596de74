# Adding devices.
add-passkey = Add passkey
add-security-key = Add security key
enrol-lead = Choose what you have at hand.
enrol-passwordless-title = Choose how you sign in
enrol-passwordless-lead = You have no password to remember. What you add now signs you in by your fingerprint, face, screen lock or PIN.
enrol-short-title = Protect your account
enrol-short-lead = Your password is all that protects this account now, and it is short for that. Choose one of 15 characters or more, or add a device that stands beside it.
enrol-short-password = Choose a longer password
enrol-required-title = Protect your account
enrol-required-lead = Your organisation asks for a second step at sign-in. Add one device to go on; you can add more later.
enrol-about-passkey = Fingerprint, face or screen lock of this device
enrol-about-security-key = A key, such as a YubiKey, that you plug in or hold to your phone
enrol-about-yubikey = A YubiKey that types a code when touched
enrol-about-totp = An app on your phone that shows codes

device-name-usual = { $what }, { $browser }
placeholder-passkey = For example, Work laptop
placeholder-security-key = For example, Key on my key ring
placeholder-yubikey = For example, YubiKey 5C
placeholder-totp = For example, My phone

enrol-passkey-title = Add a passkey
enrol-passkey-lead = Your device will ask for your fingerprint, face or screen lock. Nothing of that leaves your device.
enrol-security-key-title = Add a security key
enrol-security-key-lead = Have the key, such as a YubiKey, ready. Your browser will ask you to plug it in, or hold it close, and touch it.

## enrol/choose.html
enrol-title = Add a device
enrol-required-group = Your organisation asks the group { $group } for it.
enrol-recommended = Recommended
back-to-devices = Back to devices

## enrol/totp.html
add-totp = Add authenticator app
enrol-totp-title = Add an authenticator app
enrol-totp-lead = Scan this with the app on your phone, then type the code that it shows.
qr-label = QR code for your authenticator app
enrol-totp-open = Open it in an app on this device
enrol-totp-type = Type the key instead
totp-secret = the secret of the app
enrol-totp-code-hint = The { $digits } digits that the app shows now.

## enrol/yubikey.html
add-yubikey = Add YubiKey
enrol-yubikey-title = Add a YubiKey
enrol-yubikey-lead = Plug it in and touch the metal contact for a second. It types into the field below.

## parts/enrol.html
device-name-hint = Optional. How you will recognise it later.
enrol-another-way = Add another kind of device
