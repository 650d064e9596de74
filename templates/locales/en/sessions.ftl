# Open sessions: one's own, and the console's list.
session-here = This browser
session-proved-password = Password
session-proved-short = Password, a longer one still missing
session-proved-enrolment = Password, second step still missing
session-proved-remembered = Password on a trusted browser
sessions-owner = User

## account/overview.html
account-manage-sessions = Where you are signed in

## account/sessions.html
own-sessions-title = Sessions
own-sessions-lead = Where you are signed in. End what you do not recognise, then change your password.
session-end-this = Sign out
sessions-end-others-text = { $count ->
    [one] 1 other session ends at once.
   *[other] { $count } other sessions end at once.
}
sessions-end-others = Sign out everywhere else

## console/user/rights.html
sessions-end-all-text = { $name } is signed out of { $count ->
    [one] 1 open session
   *[other] { $count } open sessions
} at once, and may sign in again.
sessions-end-all = End all sessions

## console/user/sessions.html
console-all-sessions = All sessions

## parts/session.html
session-on = { $browser } on { $system }

## parts/topbar.html
nav-sessions = Sessions
