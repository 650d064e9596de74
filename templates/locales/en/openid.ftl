# OpenID: on the way to applications, and away from them.
consent-user = You are signed in as { $name }. It will know:

## openid/consent.html
consent-title = Go on to { $name }?
consent-host = { $name }, at { $host }, wants to know who you are.
consent-program = { $name }, a program on this machine, wants to know who you are. Go on only if you have just started it.
consent-decline = Go back
consent-other = Use another account

## openid/device-code.html
device-code-title = Sign in to a device
device-code-text = Type the code that your device shows.
device-code-wrong = No device waits with this code. Look at the device again; a code lasts ten minutes.
device-code-field = Code

## openid/device-consent.html
device-consent-title = Sign in to { $name }?
device-consent-text = Go on only if the device is yours, and shows this very code.
device-decline = This is not my device

## openid/device-done.html
device-done-title = You can go back to your device
device-done-granted = It signs in by itself in a few seconds.
device-done-declined = It does not sign in. Whoever sent you that code wanted to be let in as you.

## openid/end-session.html
end-session-title = Sign out?
end-session-asked = { $name } asks to sign you out. That ends your session here, and with it the applications that you opened from it.
end-session-text = That ends your session here, and with it the applications that you opened from it.
end-session-stay = Stay signed in

## parts/told-claims.html
consent-openid = that you signed in, when, and how
consent-profile = your name
consent-email = your e-mail address
consent-groups = your groups
