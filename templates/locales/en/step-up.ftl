# Proving oneself again before something dangerous.
step-up-why = You signed in a while ago, and this changes something important.
step-up-password-title = Enter your password again
step-up-password-lead = Then you go on where you were.
not-now = Not now
