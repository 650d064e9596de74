# Words that many pages share.
keyward = Keyward
nav-console = Console
signed-in-as = Signed in as { $name }.
sign-out = Sign out

continue = Continue
confirm = Confirm
save = Save
remove = Remove
cancel = Cancel
never = Never
not-given = Not given

username = Username
username-missing = Type your user name.
password = Password
password-missing = Type your password.
email = Email
code = Code
code-missing = Type the code from your authenticator app.
yubikey = YubiKey
otp-missing = Touch your YubiKey while the cursor is in this field.
device-name = Device name

# Kinds of devices, as people call them.
kind-passkey = Passkey
kind-security-key = Security key
kind-yubikey = YubiKey one-time code

# How long ago, and in how long.
when-now = just now
when-minutes = { $count ->
    [one] 1 minute ago
   *[other] { $count } minutes ago
}
when-hours = { $count ->
    [one] 1 hour ago
   *[other] { $count } hours ago
}
when-days = { $count ->
    [one] yesterday
   *[other] { $count } days ago
}
when-months = { $count ->
    [one] 1 month ago
   *[other] { $count } months ago
}
when-years = { $count ->
    [one] 1 year ago
   *[other] { $count } years ago
}
when-in-now = in a moment
when-in-minutes = { $count ->
    [one] in 1 minute
   *[other] in { $count } minutes
}
when-in-hours = { $count ->
    [one] in 1 hour
   *[other] in { $count } hours
}
when-in-days = { $count ->
    [one] tomorrow
   *[other] in { $count } days
}
when-in-months = { $count ->
    [one] in 1 month
   *[other] in { $count } months
}
when-in-years = { $count ->
    [one] in 1 year
   *[other] in { $count } years
}

## account/devices.html
rename = Rename

## parts/dialog-frame.html
close = Close

## parts/new-password.html
password-short = Use at least { $count } characters.
password-hint = At least { $count } characters. A few unrelated words are easy to remember and hard to guess.

## parts/secret.html
copy-secret = Copy { $label }

## parts/topbar.html
skip-to-content = Skip to content
nav-main = Main
nav-account = Account
nav-devices = Devices
exact-times = Exact times

## sign-in/totp.html
kind-totp = Authenticator app
