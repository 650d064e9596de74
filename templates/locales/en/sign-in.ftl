# The way in: set-up and sign-in.
username-or-email = Or your email address.
touch-device = Touch { $name }
sign-in-passkey-lead = Your device asks for your fingerprint, face or screen lock.
sign-in-security-key-lead = Plug it in or hold it to your phone, and touch it when it blinks.
sign-in-with-a-passkey = Sign in with a passkey
method-webauthn = { $kind ->
    [security-key] Security key or passkey
   *[passkey] Passkey or security key
}
method-yubikey = YubiKey one-time code
method-totp = Code from an authenticator app

## parts/providers.html
continue-with-provider = Continue with { $name }

## parts/second-factor.html
use-another-method = Use another method
signing-in-as = Signing in as { $name }.
start-over = Start over

## set-up.html
setup-title = Set up Keyward
setup-lead = Choose the name and password of the first administrator. Next, you add a device that proves it is you.
setup-email-hint = For links and notices about your account. You can leave it empty and give one later.

## sign-in/choose.html
sign-in-choose-title = Choose how to continue

## sign-in/confirm.html
sign-in-confirm-title = Now your password
sign-in-confirm-lead = { $name } answered without checking that it is you, so your password is needed too.

## sign-in/password.html
sign-in-title = Sign in
sign-in-to-client = Then you go on to { $name }.

## sign-in/totp.html
sign-in-totp-title = Enter your code
sign-in-totp-lead-unnamed = Open your authenticator app and type the { $digits }-digit code.
sign-in-totp-lead = Open the authenticator app on { $name } and type the { $digits }-digit code.
sign-in-totp-more = { $count ->
    [one] Your other app works too.
   *[other] Your { $count } other apps work too.
}

## sign-in/webauthn.html
sign-in-webauthn-title = Confirm it is you
use-device = Use { $name }
sign-in-webauthn-more = { $count ->
    [one] Your other device works too.
   *[other] Your { $count } other devices work too.
}
use-my-security-key = Use my security key

## sign-in/yubikey.html
sign-in-yubikey-title = Touch your YubiKey
sign-in-yubikey-lead = Plug it in and touch the metal contact for a second. It types the code for you.
sign-in-yubikey-more = { $count ->
    [one] Your other YubiKey works too.
   *[other] Your { $count } other YubiKeys work too.
}

## sign-out-there.html
sign-out-there-title = You are signed out here
sign-out-there-lead = Now you are signed out at { $name } too.
