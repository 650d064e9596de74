# One's own account and devices.
account-manage-devices = Manage devices
account-add-first = Add a device
account-last-sign-in = Last sign-in
account-elsewhere = Sign in with another account
own-applications-title = Applications that know you

devices-title = Devices
device-created = Added
device-last-used = Last used
keep-it = Keep it

device-remove-title = Remove { $name }?
new-email-title = Change your email address

## account/applications.html
own-applications-lead = You let these applications know who you are. Each asks you again once you take that back.
own-application-agreed = You agreed { $when }.
own-application-end = Take it back
own-applications-none = No application has asked you.

## account/confirm-email.html
new-email-keep = Keep the address as it is

## account/devices.html
devices-lead = { $count ->
    [one] You sign in with this device after your password. Add a second one in case you lose it.
   *[other] You sign in with any of these { $count } devices after your password.
}
devices-lead-alone = { $count ->
    [one] You sign in with this device. Add a second one in case you lose it.
   *[other] You sign in with any of these { $count } devices.
}
devices-second-title = What if you lose it?
devices-second-text = With one device alone, losing it shuts you out. Add a second one, and keep backup codes on paper.
devices-second-text-only = With one device alone, losing it shuts you out. Add a second one now.
devices-second-add = Add a second device
device-suspect-text = This key’s counter went back, so there may be a copy of it. It cannot be used to sign in. Ask your administrator, or remove it and add a new one.
device-lost-text = The key that this is on was reported lost. It cannot be used to sign in until your administrator gives the key back to you.
device-name-missing = Type a name for this device.
make-default = Make default
devices-none-title = No devices yet
devices-none-text = Only your password protects this account. Add a device so that a stolen password is not enough.
devices-add-title = Add a device

## account/email.html
new-email-lead = Mail goes to { $address } now. The new address counts when you have typed the { $digits } digits that are sent there. Both are told.
new-email-lead-first = The address counts when you have typed the { $digits } digits that are sent there.
new-email-fixed = Your administrators change your email address. Ask one of them.

## account/overview.html
account-title = Account
account-hello = Hello, { $name }
account-second-step = Second step at sign-in
account-on = On
account-off = Off
account-no-devices = Only your password protects this account. Add a device so that a stolen password is not enough.
account-about = About you
profile-change = Change your name
new-email-change = Change

## account/profile.html
profile-title = Your name
profile-name-hint = You sign in with it from now on.
profile-display-name-hint = What you are called on pages and in browsers. Optional.
profile-fixed = Your administrators change this.

## account/providers.html
account-providers-lead = An account that you have elsewhere can sign you in here. What your organisation asks of you besides stays as it is.
account-provider-linked = It signs you in as { $called } there.
account-provider-linked-somebody = It signs you in.
account-provider-not-linked = It does not sign you in yet.
account-unlink-provider = Stop signing in with { $name }
account-unlink = Stop
account-link-provider = Use { $name }

## account/remove-device.html
device-remove-theirs = { $owner } can no longer sign in with it.
device-remove-theirs-remaining = { $count ->
    [0] { $owner } has no other device left.
    [one] { $owner } keeps 1 other device.
   *[other] { $owner } keeps { $count } other devices.
}
device-remove-yours = You can no longer sign in with it.
device-remove-remaining = { $count ->
    [0] No other device is left. Your password alone will protect your account.
    [one] You keep 1 other device.
   *[other] You keep { $count } other devices.
}
device-remove-sessions = { $count ->
    [one] 1 open session ends.
   *[other] { $count } open sessions end.
}

## console/user/devices.html
device-suspect-by = Browser:

## parts/device.html
device-default = Default
device-suspect = On hold
device-lost = Lost
device-suspect-happened = Its counter came as { $presented } from { $address }, after it had reached { $stored } ({ $when }).

## parts/policy-advice.html
account-devices-on-hold = { $count ->
    [one] One of your devices is on hold: there may be a copy of it.
   *[other] { $count } of your devices are on hold: there may be copies of them.
}
