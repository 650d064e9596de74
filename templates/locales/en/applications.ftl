# Applications: on the way to one, and at the console.
application-denied-title = { $name } is not open to you
application-denied-text = You are signed in, and the rules of { $name } do not let you go there. Ask the people who run it to let you in.
application-beyond-no-metadata = { $name } opens with a security key of hardware whose maker vouches for it, and nothing is set up here that could verify one. Ask the people who run it.
application-beyond-no-kind = { $name } asks for a kind of device that you have not got, and you may add none that would do. Ask the people who run it.
application-contact = Whom to ask:
application-again = Go on to { $name }
application-lead-title = You are on your way

applications-title = Applications
applications-new = Add application
applications-explain = What would happen to somebody?
application-name = Name
application-hosts = Hosts
application-rules = Rules
application-rule-path = This path, and whatever is below it. / is every path.
application-rule-exact = This path alone.
application-rule-pattern = A pattern: * stands for part of a segment, ** for any number of segments.
application-rule-method = For these methods alone; before the path.
application-rule-anyone = Every user who is signed in.
application-rule-members = Members of a group, and single users.
application-rule-bypass = Everybody, signed in or not.
application-rule-deny = Nobody.
application-rule-quoted = A name or a path with white space, commas or quotes stands in double quotes; a quote within them is written twice.
application-rule-session = They are signed in. The same where no level is named.
application-rule-second-factor = They proved any second factor.
application-rule-phishing-resistant = They proved a passkey or a security key.
application-rule-hardware = They proved a key whose maker attests that it cannot leave its hardware.
application-rule-within = How long ago at most they proved that, in days, hours, minutes or seconds: from one minute (1m) to a year (365d).
application-rule-token = Or a program of theirs shows an API token that may enter applications.
application-contact-field = Whom to ask
application-rule-column-number = Rule
application-rule-column-path = Path
application-rule-column-who = Who may
application-rule-column-asks = What is asked for
application-who-bypass = Everybody, signed in or not
application-who-deny = Nobody
application-who-anyone = Everybody who is signed in
application-level-session = Sign-in
application-level-second-factor = Second factor
application-level-phishing-resistant = Passkey or security key
application-level-hardware = Attested hardware key
application-within-days = within { $count ->
    [one] one day
   *[other] { $count } days
}
application-within-hours = within { $count ->
    [one] one hour
   *[other] { $count } hours
}
application-within-minutes = within { $count ->
    [one] one minute
   *[other] { $count } minutes
}
application-within-seconds = within { $count ->
    [one] one second
   *[other] { $count } seconds
}
explained-up-to-session = A sign-in without a second factor
explained-up-to-second-factor = A second factor
explained-up-to-phishing-resistant = A passkey or a security key
explained-up-to-hardware = A hardware key that its maker attests
explained-no-host = No application has this host, so it is open to nobody.
explained-bypassed = Everybody passes here, signed in or not.
explained-granted = { $name } passes, once they have signed in and proved what the rule asks for.
explained-insufficient = { $name } has no device for what the rule asks for, and is led to adding one.
explained-no-metadata = { $name } can never prove what the rule asks for here: it asks for attested hardware, and there is no FIDO metadata to verify any by. Set metadata.url, or import it with keyward metadata import.
explained-no-kind = { $name } has no device for what the rule asks for, and may add none: policy or the settings allow them no kind of device that proves it. Look at the policies of their groups, or let the rule ask for less.
explained-no-path = This is no path.
explained-ambiguous-path = This path can be read in two ways that come to two rules, so it is refused.
explained-too-many-segments = This path has more segments than are compared with so many rules, so it is refused.
explained-no-rule = No rule is about this, so nobody passes.
explained-denied = The rule lets nobody pass.
explained-not-among = { $name } is not among those whom the rule lets pass.

## application/enrol.html
application-enrol-title = { $name } asks for a device that you do not have yet
application-enrol-hardware = { $name } opens with a security key whose maker vouches for its hardware, and nothing that you have proves that yet. Add such a key, then go on.
application-enrol-key = { $name } opens with a passkey or a security key, and you have none yet that counts. Add one, then go on.
application-enrol-factor = { $name } opens for people who sign in with a second factor, and you have none yet that counts. Add one, then go on.
application-add-device = Add a device

## application/refused.html
application-unknown-title = Nothing is known at this address
application-unknown-text = No application is known at this address. Look whether it is written correctly, or ask the people who run it.

## console/application.html
application-no-metadata = Rules ask for attested hardware, which nobody can prove here: there is no FIDO metadata to verify it by. Set metadata.url, or import it with keyward metadata import.
application-rules-else = Whatever no rule is about is open to nobody.
application-rules-none = There is no rule, so nobody passes.
application-settings = Settings
application-created = Added
application-remove = Remove application
application-remove-text = Its hosts are open to nobody then, until another application has them.

## console/applications.html
applications-lead = What stands behind a proxy that asks Keyward who may pass.
application-unreachable = { $count ->
    [one] one decides nothing
   *[other] { $count } decide nothing
}
applications-none-title = No application yet
applications-none-text = Add one with its host and its rules, and let the proxy in front of it ask /forward-auth.

## console/explain.html
explain-title = What would happen?
explain-lead = Says whether somebody passes to an address, and by which rule.
explain-url = Address
explain-url-missing = Type an address such as https://wiki.example.org/admin.
explain-method = Method
explain = Explain
explained-allowed = Passes
explained-needs = Needs a device first
explained-refused = Does not pass
application = Application
explained-reachable = The most that { $name } can prove
explained-disabled = The account of { $name } is switched off.
explained-rule = The rule that decides

## console/remove-application.html
application-remove-hosts = These hosts will be open to nobody:

## parts/application-form.html
application-name-missing = Type what it is called.
application-hosts-missing = Type at least one host.
application-hosts-hint = One a line: wiki.example.org, or *.apps.example.org for all below that.
application-rules-hint = One a line. The first that matches decides; where none does, nobody passes.
application-rules-how = How rules are written
application-contact-hint = Shown to people who may not pass.
application-rule-covered = Decides nothing: rule { $rule } comes first
application-who-group = Group { $name }
application-who-nobody = Nobody any more
application-or-token = or an API token
