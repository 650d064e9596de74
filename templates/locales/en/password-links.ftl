# Links by which people choose a password that no administrator learns, and what ends everybody's
# sessions.
password-link-heading = Password

notice-password-link-sent = A link for a password is on its way to { $name }.
notice-password-asked = { $name }’s password does not work any more, and a link for a new one is on its way.

event-password-link_issued = Link for a password issued
event-password-asked = New password asked for

mail-password-link = An administrator sends you this link to choose the password of your account.
    .subject = Choose the password of your account
mail-password-link-not-you = If you did not expect it, ask your administrator before you follow it.
mail-password-link_issued = An administrator made a link by which the password of your account can be chosen.
    .subject = A link for your password was made
mail-password-link_issued-administrator = A link was made by which the password of { $account } can be chosen.
    .subject = A link for the password of { $account } was made
mail-password-asked = An administrator asks you for a new password, because others may know the old one. It does not work any more, and you were signed out everywhere.
    .subject = You are asked for a new password
mail-password-asked-administrator = The password of { $account } was taken away, because others may know it. A new one was asked for.
    .subject = { $account } was asked for a new password

sessions-everybody = End everybody’s sessions
notice-everybodys-sessions-ended = Everybody else was signed out.
policy-preset-aal1 = AAL1: any one factor
policy-preset-aal2 = AAL2: two factors
policy-preset-aal3 = AAL3: two factors, one of them a key in hardware

## console/end-everybody.html
sessions-everybody-title = End everybody’s sessions?
sessions-everybody-text = Everybody but you is signed out at once: every session, every sign-in in progress, every trusted browser and every link for a forgotten password ends. Everybody may sign in again. This is for the day on which you believe that sessions were stolen.
sessions-everybody-passwords = Passwords stay as they are. Where they may be known to others, ask for new ones on the pages of the users.

## console/link-issued.html
password-link-title = A link for { $name }
password-link-made = The link works from now on.
password-link-address = Link
password-link-shown-once = Nobody sees this link again. Hand it to { $name } yourself, and make sure that it is { $name } who gets it: whoever opens it chooses the password.
password-link-until = Works once, until
password-link-handed = I have handed it over

## console/new-user.html
new-user-password = You set no password. When the user is saved, their page offers a link by which they choose one.

## console/policy.html
policy-presets = Begin with the rules for a level
policy-presets-text = The levels are those of NIST SP 800-63B-4. A preset fills in the form below; nothing changes before the draft is kept and switched on.

## parts/user-password.html
password-link-some = You do not set the password of somebody else. A link lets { $name } choose a new one; the present one works until then.
password-link-none = { $name } has no password, and signs in with a device. A link lets { $name } choose a password beside it.
password-link-nothing = { $name } cannot sign in yet: there is neither a password nor a device. A link lets { $name } choose a password; with it they sign in and add a device.
password-link-mailed = It goes to { $email } by mail.
password-link-by-hand = No mail reaches { $name } from here: the link is shown to you once, to hand over.
password-link-send = Send a link for a password
password-link-make = Make a link for a password
password-ask-text = Others may know { $name }’s password: it stops working at once, { $name } is signed out everywhere, no browser stays trusted, and a link for a new one goes out.
password-ask = Ask for a new password
