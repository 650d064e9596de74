# The way in: set-up and sign-in.
setup-title = Set up Keyward
setup-email-hint = For links and notices about your account. You can leave it empty and give one later.
setup-lead = Choose the name and password of the first administrator. Next, you add a device that proves it is you.

sign-in-title = Sign in
username-or-email = Or your email address.
signing-in-as = Signing in as { $name }.
start-over = Start over
use-another-method = Use another method
use-device = Use { $name }
touch-device = Touch { $name }

sign-in-totp-title = Enter your code
sign-in-totp-lead = Open the authenticator app on { $name } and type the { $digits }-digit code.
sign-in-totp-lead-unnamed = Open your authenticator app and type the { $digits }-digit code.
sign-in-totp-more = { $count ->
    [one] Your other app works too.
   *[other] Your { $count } other apps work too.
}

sign-in-yubikey-title = Touch your YubiKey
sign-in-yubikey-lead = Plug it in and touch the metal contact for a second. It types the code for you.
sign-in-yubikey-more = { $count ->
    [one] Your other YubiKey works too.
   *[other] Your { $count } other YubiKeys work too.
}

sign-in-webauthn-title = Confirm it is you
sign-in-passkey-lead = Your device asks for your fingerprint, face or screen lock.
sign-in-security-key-lead = Plug it in or hold it to your phone, and touch it when it blinks.
sign-in-webauthn-more = { $count ->
    [one] Your other device works too.
   *[other] Your { $count } other devices work too.
}
sign-in-with-a-passkey = Sign in with a passkey
use-my-security-key = Use my security key

sign-in-confirm-title = Now your password
sign-in-confirm-lead = { $name } answered without checking that it is you, so your password is needed too.

sign-in-choose-title = Choose how to continue
method-webauthn = { $kind ->
    [security-key] Security key or passkey
   *[passkey] Passkey or security key
}
method-yubikey = YubiKey one-time code
method-totp = Code from an authenticator app
