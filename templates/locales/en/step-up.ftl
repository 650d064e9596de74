# Proving oneself again, before something dangerous or on the way to an application.
not-now = Not now

## parts/second-factor.html
step-up-for = { $name } asks for a fresh proof that it is you.
step-up-for-application = The application that you are going to asks for a fresh proof that it is you.
step-up-why = This changes something important, so show once more that it is you.

## sign-in/webauthn.html
step-up-with-a-passkey = Confirm with a passkey
step-up-with-a-security-key = Confirm with a security key

## step-up/password.html
step-up-password-title = Enter your password again
step-up-provider-title = Sign in once more
step-up-password-lead = Then you go on where you were.
