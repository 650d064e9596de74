# Open sessions: one's own, and the console's list.
nav-sessions = Sessions
own-sessions-title = Sessions
own-sessions-lead = Where you are signed in. End what you do not recognise, then change your password.
session-here = This browser
session-on = { $browser } on { $system }
session-proved-password = Password
session-proved-short = Password, a longer one still missing
session-proved-enrolment = Password, second step still missing
session-proved-remembered = Password on a trusted browser
session-end-this = Sign out
sessions-end-others = Sign out everywhere else
sessions-end-others-text = { $count ->
    [one] 1 other session ends at once.
   *[other] { $count } other sessions end at once.
}
console-all-sessions = All sessions
sessions-owner = User
sessions-end-all-text = { $name } is signed out of { $count ->
    [one] 1 open session
   *[other] { $count } open sessions
} at once, and may sign in again.
sessions-end-all = End all sessions
account-manage-sessions = Where you are signed in
