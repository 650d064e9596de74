# What mails say. The keys are `mail-` and the stable names of domain::event with dots as dashes;
# the ones with `-administrator` are for the administrators.
mail-greeting = Hello { $name },
mail-greeting-nobody = Hello,
mail-footer = Keyward at { $site } sent this mail. Nobody asks you for a password or a code by mail.
mail-when = When
mail-device = Device
mail-by = By
mail-from = From the address
mail-browser = Browser
mail-look-at-devices = Look at your devices
mail-look-at-trail = Look at the audit trail
mail-not-you = If this was you, there is nothing to do. If it was not, sign in, remove what you do not know, change your password, and tell your administrator.

mail-object = This was not me: sign me out everywhere and tell the administrators

mail-test = Mail from Keyward arrives. There is nothing else to do.
    .subject = A test from Keyward

mail-works-until = The link works once, until { $until }.
mail-recovery = Somebody, you we hope, asked for a new password for your account.
    .subject = Choose a new password
mail-recovery-link = Choose a new password
mail-recovery-not-you = If it was not you, do nothing: your password stays as it is.

mail-user-password_set = The password of your account was changed.
    .subject = Your password was changed
mail-user-superuser_granted = Your account may open the console from now on.
    .subject = You are a superuser now
mail-user-superuser_granted-administrator = { $account } may open the console from now on.
    .subject = { $account } is a superuser now
mail-user-superuser_withdrawn = Your account may no longer open the console.
    .subject = You are no longer a superuser
mail-user-superuser_withdrawn-administrator = { $account } may no longer open the console.
    .subject = { $account } is no longer a superuser
mail-device-added = { $device } was added to your account. It can confirm from now on that it is you.
    .subject = A device was added to your account
mail-backup_code-used = One of your backup codes was used in place of your device.
    .subject = A backup code of yours was used
mail-codes-left = Codes left
mail-device-removed = { $device } was removed from your account. It no longer signs you in.
    .subject = A device was removed from your account
mail-device-suspect = { $device } is on hold: its counter went back, so there may be a copy of it. Use another device, and talk to your administrator.
    .subject = One of your keys is on hold
mail-device-suspect-administrator = { $device } of { $account } is on hold: its counter went back, so there may be a copy of it. Talk to { $account } before you take it off hold.
    .subject = A key of { $account } is on hold
mail-device-released = { $device } was looked at by an administrator, and signs you in again.
    .subject = Your key can be used again
mail-device-stopping = Your organisation no longer accepts { $device }. Your account’s page says until when it works. Add another device before then.
    .subject = One of your devices will stop working
mail-two_factor-disabled = All devices of your account were removed, and you were signed out everywhere. You add a device again when you sign in.
    .subject = All your devices were removed
mail-two_factor-disabled-administrator = All devices of { $account } were removed.
    .subject = All devices of { $account } were removed
mail-lockout-locked = Somebody tried to sign in to your account too often with something wrong. That way in is closed for a while; the others are open.
    .subject = Too many failed tries to sign in
mail-trusted_browser-added = A browser is trusted from now on: your password is enough to sign in there.
    .subject = A browser is trusted with your account
mail-trusted_browser-key_reused = Somebody used a copy of what one of your trusted browsers keeps. That browser is not trusted any more, and its sessions have ended. Change your password.
    .subject = A trusted browser was copied
mail-trusted_browser-key_reused-administrator = Somebody used a copy of what a trusted browser of { $account } keeps. The trust and its sessions have ended.
    .subject = A trusted browser of { $account } was copied
mail-account-objected = You said that a change to your account was not yours. You are signed out everywhere, no browser is trusted, what was added is on hold, and your administrators know.
    .subject = You objected to a change
mail-account-objected-administrator = { $account } says of a change to their account that it was not theirs. All their sessions have ended. Talk to { $account }, and look at the audit trail.
    .subject = { $account } objected to a change
