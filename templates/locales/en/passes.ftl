# Temporary passes.
nav-console-passes = Temporary passes
pass = Temporary pass
i-have-a-pass = I have a temporary pass
enrol-pass-title = Add a device
enrol-pass-lead = Your temporary pass lets you add a device. Everything else opens once you have added it.
enrol-pass-password = Choose a new password
pass-works = Works
pass-once = Once
pass-often = Until it expires
pass-expires = Expires

notice-wrong-pass = That name and pass do not match, or the pass does not work any more. Check both, and ask your administrator for another. Too many tries lock passes of the account for a while.
notice-pass-revoked = The pass of { $name } was revoked.
notice-password-chosen = Your new password is set. Add a device now, or sign out and sign in with the password.

session-proved-pass = Temporary pass, device still missing
lockout-of-pass = Temporary passes

event-pass-issued = Temporary pass issued
event-pass-used = Temporary pass used
event-pass-revoked = Temporary pass revoked
refusal-no_pass = No pass
refusal-wrong_pass = Wrong pass

mail-pass-issued = A temporary pass was issued for your account. Whoever has it can add a device or choose a new password.
    .subject = A temporary pass was issued for your account
mail-pass-issued-administrator = A temporary pass was issued for { $account }. Whoever has it can add a device to that account or choose a new password.
    .subject = A temporary pass was issued for { $account }
mail-pass-used = The temporary pass of your account was used. It opened the adding of a device and the choice of a new password.
    .subject = Your temporary pass was used
mail-pass-revoked = The temporary pass of your account was revoked. It does not work any more.
    .subject = Your temporary pass was revoked
mail-pass-used-refused = Somebody tried to use a temporary pass for your account, and it was refused.
    .subject = A temporary pass was refused

problem-pass-too_long = Give the minutes as a whole number, within what is allowed.
    .title = A pass cannot last that long
problem-pass-none = There is no temporary pass, or it does not work any more.
    .title = No such pass

## account/new-password.html
pass-back-to-devices = Add a device

## console/pass-issued.html
pass-for = Temporary pass for { $name }
pass-issued-now = The pass works from now on.
pass-shown-once = Hand it over in person or by a safe way. It is shown this once.
pass-address = Where to type it
pass-kept = I have handed it over

## console/passes.html
passes-title = Temporary passes
passes-lead = Passes that work now. A pass lets somebody who has lost everything add a device or choose a new password, and nothing else. You issue one on a user’s page.
pass-by = Issued by
pass-issued = Issued
pass-used = Last used
pass-revoke = Revoke
passes-none = No pass works right now.

## console/user/rights.html
pass-active = { $name } has a temporary pass. It expires { $when }.
pass-revoke-this = Revoke the pass
pass-issue-text = For somebody who has lost everything: with a temporary pass, { $name } can add a device or choose a new password, and nothing else. Make sure that you are talking to { $name }. A pass issued before ends.
pass-minutes = Minutes
pass-minutes-hint = At most { $most }.
pass-only-once = Works once
pass-issue = Issue a temporary pass

## sign-in/pass.html
sign-in-pass-title = Use a temporary pass
sign-in-pass-lead = If you have lost your devices or your password, your administrator can give you a pass. It lets you add a device or choose a new password.
pass-missing = Type the pass that your administrator gave you.
