# Passwords: changing one's own, and replacing a forgotten one.
current-password = Current password
new-password = New password
back-to-sign-in = Back to sign-in
email-missing = Type your email address.
reset-title = Choose a new password

# How strong a password is, from what is guessed at once to the best.
strength-0 = Guessed at once. Use a few unrelated words.
strength-1 = Too easy to guess. Add a word or two.
strength-2 = Could be better. Add a word.
strength-3 = Good.
strength-4 = Very good.

## account/new-password.html
new-password-lead = For { $name }. You are signed out everywhere else when it is set.

## account/overview.html
account-password = Password
account-change-password = Change password
account-no-password = None
account-choose-password = Choose a password

## account/password.html
password-title = Change your password
password-title-first = Choose a password
password-lead = You stay signed in here. Everywhere else you are signed out.

## parts/new-password.html
password-show = Show password
password-hide = Hide password

## recover/ask.html
recover-title = Forgotten password
recover-lead = Type the email address of your account. If there is one, a mail with a link comes in a moment.

## recover/reset.html
reset-lead = For { $name }. You are signed out everywhere when it is set. If you have a device, you are asked for it next.

## sign-in/password.html
forgot-password = Forgot your password?
