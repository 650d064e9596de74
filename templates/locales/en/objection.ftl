# Objecting to a change, by the link of a mail.
objection-title = Was this not you?
objection-about = This happened in your account:
objection-sessions = You are signed out everywhere, and no browser is trusted any more.
objection-device = The device that was added is put on hold. It no longer signs anybody in.
objection-password = The password that was set no longer works. You choose a new one by “Forgotten password”, or ask your administrator.
objection-administrators = Your administrators are told.
objection-object = This was not me
objection-was-me = It was me
