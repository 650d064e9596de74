# What is asked before something dangerous is done, and what it will do. The keys are the names of
# views::console::Question.
ask-close-key-case = Has the owner of { $name } another key?
    .button = It was replaced
ask-close-key-case-devices = { $count ->
    [0] No device is on it.
    [one] One device on it is removed.
   *[other] { $count } devices on it are removed.
}
ask-close-key-case-key = The key stays lost, and its case is closed.
ask-grant-superuser = Make { $name } a superuser?
    .button = Make superuser
ask-grant-superuser-users = { $count ->
    [one] { $name } can change the one account that there is, the policies and the services.
   *[other] { $name } can change all { $count } accounts, the policies and the services.
}
ask-grant-superuser-users-more = { $name } can change more than { $count } accounts, the policies and the services.
ask-grant-superuser-superusers = { $count ->
    [0] Nobody else is a superuser who can sign in.
    [one] One other superuser is told by mail.
   *[other] { $count } other superusers are told by mail.
}
ask-grant-superuser-no-device = { $name } has no device. The console opens when one was added.
ask-grant-role = Give the members of { $name } a role at the console?
    .button = Give the role
ask-grant-role-members = { $count ->
    [0] The group has no members yet: whoever joins it has the role.
    [one] Its one member has it from now on, and whoever joins.
   *[other] Its { $count } members have it from now on, and whoever joins.
}
ask-grant-role-members-more = Its more than { $count } members have it from now on, and whoever joins.
ask-grant-role-help-desk = Help desk: they see users and keys, take keys back, report them lost, and issue passes, with which whoever gets one signs in, for all users who have no role themselves.
ask-grant-role-auditor = Auditor: they see everything at the console but secrets, also what everybody did and from where, and change nothing.
ask-withdraw-role = Take the role from the members of { $name }?
    .button = Take the role away
ask-withdraw-role-members = { $count ->
    [0] The group has no members.
    [one] Its one member has it no more, unless another group or they themselves have it.
   *[other] Its { $count } members have it no more, unless another group or they themselves have it.
}
ask-withdraw-role-members-more = Its more than { $count } members have it no more, unless another group or they themselves have it.
ask-withdraw-role-help-desk = Nobody of them helps others at the console any more.
ask-withdraw-role-auditor = Nobody of them reads what stands at the console any more.
ask-withdraw-superuser = Close the console for { $name }?
    .button = Withdraw superuser
ask-withdraw-superuser-superusers = { $count ->
    [0] Nobody else could open the console, so this will be refused.
    [one] One superuser is left who can sign in.
   *[other] { $count } superusers are left who can sign in.
}
ask-disable = Disable { $name }?
    .button = Disable { $name }
ask-disable-sessions = { $count ->
    [0] { $name } has no open session. Signing in is refused from now on.
    [one] One open session ends, and signing in is refused from now on.
   *[other] { $count } open sessions end, and signing in is refused from now on.
}
ask-disable-browsers = { $count ->
    [one] One trusted browser is forgotten.
   *[other] { $count } trusted browsers are forgotten.
}
ask-disable-devices = { $count ->
    [0] { $name } has no device.
    [one] One device stays, for the day on which you enable { $name } again.
   *[other] { $count } devices stay, for the day on which you enable { $name } again.
}
ask-disable-way-back = Nothing is lost: you can enable { $name } again at any time.
ask-end-sessions = Sign { $name } out everywhere?
    .button = End all sessions
ask-end-sessions-sessions = { $count ->
    [0] { $name } has no open session. A sign-in in progress is given up.
    [one] One open session ends at once.
   *[other] { $count } open sessions end at once.
}
ask-end-sessions-devices = { $count ->
    [0] { $name } can sign in again with the password.
    [one] { $name } keeps the one device there is, and can sign in again.
   *[other] { $name } keeps all { $count } devices, and can sign in again.
}
ask-delete = Delete { $name } for good?
    .button = Delete { $name }
ask-delete-devices = { $count ->
    [one] One device is removed.
   *[other] { $count } devices are removed.
}
ask-delete-sessions = { $count ->
    [one] One open session ends.
   *[other] { $count } open sessions end.
}
ask-delete-browsers = { $count ->
    [one] One trusted browser is forgotten.
   *[other] { $count } trusted browsers are forgotten.
}
ask-delete-groups = { $count ->
    [one] One membership in a group ends.
   *[other] { $count } memberships in groups end.
}
ask-delete-applications = { $count ->
    [one] The rules of one application name { $name }. A rule that names nobody else denies everybody then.
   *[other] The rules of { $count } applications name { $name }. A rule that names nobody else denies everybody then.
}
ask-delete-invitations = { $count ->
    [one] One invitation to this address is removed.
   *[other] { $count } invitations to this address are removed.
}
ask-delete-messages = { $count ->
    [one] One mail that waits is not sent.
   *[other] { $count } mails that wait are not sent.
}
ask-delete-events = { $count ->
    [one] One event stays in the audit trail. Name and address are struck from it.
   *[other] { $count } events stay in the audit trail. Name and address are struck from them.
}
ask-delete-for-good = This cannot be undone. Copies of the database made before still hold it all. To keep { $name } out for a while, disable the account instead.
ask-revoke-client = Revoke client { $name }?
    .button = Revoke client { $name }
ask-revoke-client-refused = Every question of this client is answered NO_SUCH_CLIENT from now on, and whoever signs in through it cannot.
ask-revoke-client-others = { $count ->
    [0] No other client is active.
    [one] One other client stays active.
   *[other] { $count } other clients stay active.
}
ask-revoke-client-way-back = You can restore it later. Its number is not given to another client.
ask-revoke-token = Revoke API token { $name }?
    .button = Revoke token
ask-revoke-token-refused = From its next request on, whatever uses this token is refused.
ask-revoke-token-for-good = This cannot be undone. A new token has another secret.
ask-clear-lockouts = Clear all lockouts?
    .button = Clear all
ask-clear-lockouts-counts = { $count ->
    [0] No failed try is counted now.
    [one] One count of failed tries is forgotten.
   *[other] { $count } counts of failed tries are forgotten.
}
ask-clear-lockouts-counts-more = More than { $count } counts of failed tries are forgotten.
ask-clear-lockouts-locks = { $count ->
    [0] None of them locks anybody out now.
    [one] One of them locks somebody out now, who can try again at once.
   *[other] { $count } of them lock somebody out now, who can try again at once.
}
ask-clear-lockouts-guessing = Whoever guesses passwords just now can go on guessing, too. To let one person in, clear their lockout alone.
ask-withdraw-policy = Withdraw the policy of { $name }?
    .button = Withdraw policy
ask-withdraw-policy-people = { $count ->
    [0] It holds for nobody now.
    [one] Its rules no longer hold for one person.
   *[other] Its rules no longer hold for { $count } people.
}
ask-withdraw-policy-people-more = Its rules no longer hold for more than { $count } people.
ask-withdraw-policy-way-back = Its rules and its draft are forgotten. Devices that it stopped count again where no other policy stops them.
ask-rotate-webhook = Give { $name } a new secret?
    .button = Give a new secret
ask-rotate-webhook-both = The present secret signs beside the new one for a while. The receiver has to know the new one by then.
ask-rotate-webhook-former = A secret before the present one still signs. It stops at once.
ask-remove-webhook = Remove { $name }?
    .button = Remove { $name }
ask-remove-webhook-no-more = Its receiver is told of nothing any more. A webhook that is added later gets another secret.
ask-remove-webhook-waiting = { $count ->
    [0] Nothing is on its way to it.
    [one] 1 event that waits or was given up is never sent.
   *[other] { $count } events that wait or were given up are never sent.
 }
ask-remove-upstream-link = Take the link with { $name } back?
    .button = Take it back
ask-remove-upstream-link-sessions = The user can no longer sign in there for here. The sessions that they opened so end.
ask-remove-upstream-link-way-back = The password and the devices stay. Where there are none, give the user a pass or a link for a password.
ask-rotate-client-secret = Give { $name } a new secret?
    .button = Give a new secret
ask-rotate-client-secret-both = The present secret works for a day still. The application has to know the new one by then.
ask-rotate-client-secret-ends = The present secret ends at once. The application signs nobody in until it knows the new one.
ask-remove-openid-client = Remove { $name }?
    .button = Remove { $name }
ask-remove-openid-client-nobody = Nobody signs in to it with Keyward any more.
ask-remove-openid-client-tokens = Its tokens, and what it knows of who is signed in, are over.
ask-remove-openid-client-for-good = What is set here is forgotten. A client that is added later gets another secret.
