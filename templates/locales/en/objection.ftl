# Objecting to a change, by the link of a mail.

## objection.html
objection-title = Was this not you?
objection-about = This happened in your account:
objection-when = When
objection-which = Device
objection-from = From the address
objection-browser = Browser
objection-sessions = You will be signed out everywhere, and no browser will be trusted any more.
objection-device = What was added or used will be on hold until an administrator has looked. It no longer signs anybody in then.
objection-link = The account that was linked with yours no longer signs anybody in.
objection-password = The password that was set no longer works then. You choose a new one by “Forgotten password”, or ask your administrator.
objection-email = Your account gets back the email address that it had before.
objection-administrators = Your administrators will be told.
objection-object = This was not me
objection-was-me = It was me
