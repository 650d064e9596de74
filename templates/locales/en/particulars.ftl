# What the audit trail says of an event beside what happened: the cases of domain::event_detail, in
# the order of views/console/particulars.rs. The parts of one event stand behind each other with
# commas.
particulars-by-set-up-link = By the set-up link
particulars-by-invitation = By an invitation
particulars-by-recovery-link = By a recovery link
particulars-by-temporary-pass = By a temporary pass
particulars-by-upstream = By a sign-in elsewhere
particulars-by-password = By password
particulars-console = The console
particulars-role-help-desk = Help desk
particulars-role-auditor = Auditor
particulars-codes-left = { $count ->
    [0] No code left
    [one] 1 code left
   *[other] { $count } codes left
}
particulars-counter = Counter { $presented } after { $stored }
particulars-counts-on = counts on from { $presented }, was { $stored }
particulars-most-devices = { $count ->
    [one] At most 1 device
   *[other] At most { $count } devices
}
particulars-devices-removed = { $count ->
    [one] 1 device removed
   *[other] { $count } devices removed
}
particulars-once = works once
particulars-changed = { $before } → { $now }
particulars-set = – → { $now }
particulars-taken-away = { $before } → –
particulars-nothing = –
particulars-no-groups = No groups
particulars-into-groups = into { $groups }

particulars-code-mail = By mail to { $delivery_address }
particulars-code-sms = By text message to { $delivery_address }
particulars-code-call = By call to { $delivery_address }
particulars-phones-to = { $count } a day to { $code }
particulars-phones-from = { $count } a day from { $network }
particulars-phones-all = { $count } a day in all

particulars-sessions-ended = { $count ->
    [0] no session ended
    [one] 1 session ended
   *[other] { $count } sessions ended
}
particulars-sessions-all = All sessions: { $count }
particulars-sessions-others = All other sessions: { $count }
particulars-sessions-everybody = Sessions of everybody: { $count }
particulars-sessions-beyond = More sessions than { $count }
particulars-untrusted-policy = not allowed by policy
particulars-untrusted-too-many = more browsers than allowed
particulars-deleted-devices = devices: { $count }
particulars-deleted-sessions = sessions: { $count }
particulars-deleted-browsers = trusted browsers: { $count }
particulars-deleted-groups = groups: { $count }
particulars-deleted-applications = applications with rules for them: { $count }
particulars-deleted-invitations = invitations: { $count }
particulars-deleted-mails = mails: { $count }
particulars-deleted-events = events: { $count }

particulars-links = Recovery links to { $address }
particulars-cleared-all = All
particulars-cleared-expired = Those that were over
particulars-spraying = { $names } names from { $network }
particulars-address-locked = address locked

particulars-service-tested = { $service }: { $confirmed } of { $servers } servers confirmed
particulars-members = members: { $count }
particulars-edition = No. { $serial }
particulars-models = { $count ->
    [one] 1 model
   *[other] { $count } models
}
particulars-skipped = { $count } skipped
particulars-imported-keys = Keys: { $added } added, { $changed } changed
particulars-imported-inventory = Inventory: { $added } added, { $changed } changed
particulars-imported-counters = Counters: { $added } added, { $changed } changed
particulars-keys = { $count ->
    [one] 1 key
   *[other] { $count } keys
}
particulars-export-facts = Without secrets
particulars-export-secrets = With secrets
particulars-export-counters = Counters
particulars-client = Client { $client }
particulars-key = key { $key }
particulars-devices-stopped = { $count ->
    [0] no device put out of use
    [one] 1 device put out of use
   *[other] { $count } devices put out of use
}
particulars-slots-stopped = { $count ->
    [one] 1 OTP slot put out of use
   *[other] { $count } OTP slots put out of use
}
particulars-browsers-untrusted = { $count ->
    [one] 1 browser no longer trusted
   *[other] { $count } browsers no longer trusted
}
particulars-grants-ended = { $count ->
    [one] 1 application’s tokens ended
   *[other] { $count } applications’ tokens ended
}
