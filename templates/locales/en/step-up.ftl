# Proving oneself again before something dangerous.
step-up-why = This changes something important, so show once more that it is you.
not-now = Not now

## sign-in/webauthn.html
step-up-with-a-passkey = Confirm with a passkey
step-up-with-a-security-key = Confirm with a security key

## step-up/password.html
step-up-password-title = Enter your password again
step-up-password-lead = Then you go on where you were.
