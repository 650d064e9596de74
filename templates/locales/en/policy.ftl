# Policies, groups, and what they make of devices.
nav-console-groups = Groups
nav-console-policies = Policies
yes = Yes
no = No

policies-title = Policies
policies-stopping-more = More than { $count } devices do not satisfy policy.
policy-rules = Rules
policy-of-everybody = Everybody
policy-of-group = Group { $group }
policy-asks-nothing = Asks for nothing
policy-in-force = In force
policy-not-in-force = Not in force
policy-draft = Draft
policy-new = Make a policy
policy-why = Why

rule-second-factor = Everybody must have a second factor
rule-own-second-factor = Second factor here
rule-kinds = Kinds that count
rule-phishing-resistant = Phishing-resistant devices only
rule-hardware-only = Hardware keys only
rule-inventory-only = Keys of the inventory only
rule-own-keys = Only the keys given to each person
rule-device-bound = No copied passkeys
rule-user-verification = User verification
rule-attestation = Attestation
rule-verified-models = Verified models only
rule-allow = Models that count
rule-deny = Models that do not count
rule-statuses = Reports that shut a model out
rule-certification = Lowest certification
rule-least-devices = Devices everybody should have
rule-least-devices-number = { $count ->
    [one] Everybody should have a device
   *[other] Everybody should have { $count } devices
}
rule-most-devices = Devices allowed
rule-most-devices-number = { $count ->
    [one] At most 1 device each
   *[other] At most { $count } devices each
}
rule-trusted-browsers = Trusted browsers allowed
rule-trusted-browsers-number = { $count ->
    [0] No trusted browsers
    [one] At most 1 trusted browser each
   *[other] At most { $count } trusted browsers each
}
rule-trusted-browser-days = Days a browser is trusted
rule-trusted-browser-days-number = { $count ->
    [one] Browsers are trusted for 1 day at most
   *[other] Browsers are trusted for { $count } days at most
}
rule-grace = Grace in days
rule-grace-number = { $count ->
    [0] No grace
    [one] 1 day of grace
   *[other] { $count } days of grace
}
user-verification-discouraged = Discouraged
user-verification-preferred = Preferred
user-verification-required = Required
attestation-none = None
attestation-indirect = Indirect
attestation-direct = Direct
attestation-enterprise = Direct, with the serial number

policy-own-second-factor-hint = One that another service proved is not enough.
policy-kinds-hint = Tick none to let all of them count.
policy-phishing-resistant-hint = Passkeys and security keys. No page of somebody else can pass on what they prove.
policy-hardware-only-hint = Security keys that cannot be copied, and YubiKeys.
policy-inventory-only-hint = A key must prove its serial number when it is added, with a certificate or a one-time password. Asks for attestation with the serial number.
policy-own-keys-hint = The same, and the inventory must have the key for the person who adds it.
policy-device-bound-hint = Passkeys that a provider copies to other devices do not count.
policy-verified-models-hint = A device must prove its model with certificates that FIDO metadata vouches for. Asks for direct attestation.
policy-models-hint = One a line: an AAGUID, certification:L2, key-protection:secure_element, user-verification:fingerprint_internal or status:FIDO_CERTIFIED_L1, joined by &. Models are then verified.
policy-deny-hint = In the same words. A model that is not verified is believed what it says of itself.
policy-statuses-hint = One a line: REVOKED, USER_KEY_PHYSICAL_COMPROMISE, USER_KEY_REMOTE_COMPROMISE, ATTESTATION_KEY_COMPROMISE, USER_VERIFICATION_BYPASS.
policy-least-devices-hint = People are reminded; nobody is shut out.
policy-trusted-browsers-hint = 0 for none. Where trusted browsers are off in the settings, they stay off.
policy-grace-hint = How long enrolled devices still work that do not satisfy the policy, and how long people may go on without a second factor. For devices, empty for { $count ->
    [one] 1 day
   *[other] { $count } days
}, 0 for not at all.

reason-kinds = This kind does not count
reason-phishing-resistant = Not phishing-resistant
reason-hardware-only = No hardware key
reason-inventory-only = No key of the inventory
reason-own-keys = Another person’s key, or none of the inventory
reason-device-bound = Copied to other devices
reason-user-verification = Did not verify its user
reason-verified-models = Model not verified
reason-deny = Model does not count
reason-statuses = Reported
reason-certification = Not certified enough
reason-allow = Model not on the list

affected-title = Devices that do not satisfy policy
affected-until = Works until
affected-stopped = Stopped

groups-title = Groups
group-members = Members
group-has-policy = Its policy
group-member-count-more = More than { $count } members
role-help-desk = Help desk
role-help-desk-hint = Looks up users and keys, takes keys back, reports them lost, and issues passes: for users who have no role themselves.
role-auditor = Auditor
role-auditor-hint = Reads everything but secrets, and changes nothing.
group-remove-members-more = More than { $count } people leave it.
account-add-device = Add a device

## console/affected.html
affected-lead = They work until the time in the last column. Their owners are told to replace them.
affected-none = All devices satisfy policy.

## console/dry-run.html
dry-run-title = What the draft would do
dry-run-progress = { $done } of { $of } people were looked at so far. The numbers below still grow.
dry-run-look-again = Look again
dry-run-result = { $people ->
    [one] 1 person could not sign in
   *[other] { $people } people could not sign in
}, { $devices ->
    [one] 1 device would stop
   *[other] { $devices } devices would stop
}
dry-run-enrolling = { $count ->
    [one] 1 person has no device and must add one.
   *[other] { $count } people have no device and must add one.
}
dry-run-reminded = { $count ->
    [one] 1 person is asked to have more devices.
   *[other] { $count } people are asked to have more devices.
}
dry-run-browsers = { $count ->
    [one] 1 browser would not be trusted any more.
   *[other] { $count } browsers would not be trusted any more.
}
dry-run-mails = { $count ->
    [one] 1 person gets a mail, about the strongest of what is asked.
   *[other] { $count } people get one mail each, about the strongest of what is asked.
}
dry-run-deadline = Switched on now, the devices would stop { $when }. Until then, people are told to replace them.
policy-no-mail = Send no mails about it
policy-change-draft = Change draft
policy-switch-on = Switch on
dry-run-list = People and devices
dry-run-can-sign-in = Can still sign in
dry-run-browser = Browser that would not be trusted any more
dry-run-must-enrol = Has no device, and must add one
dry-run-should-have = { $count ->
    [one] Is asked to have a device
   *[other] Is asked to have { $count } devices
}
dry-run-nobody = Everything that people use today satisfies it.

## console/group.html
group-member-count = { $count ->
    [one] 1 member
   *[other] { $count } members
}
group-roles = At the console
group-roles-lead = What its members may do at the console. It opens for them after a sign-in with a second factor.
group-role-given = They have it
group-role-withdraw = Take away
group-role-grant = Give it
group-no-members = Nobody belongs to this group.
group-add-member = Add to group
group-remove-hint = Remove this group and its policy. Its members stay users.
group-remove = Remove group

## console/groups.html
groups-lead = Policies can ask more of the members of a group.
group-name = Group name
group-policy = Policy
group-being-removed = Is being removed
groups-none = There are no groups yet.
group-name-missing = Type a name for the group.
group-name-hint = 1 to 64 characters, no spaces and no commas.
group-add = Add group

## console/policies.html
policies-lead = What your organisation asks of people’s devices. Everybody’s policy holds for all; a group’s comes on top of it. The strictest wins.
policies-stopping = { $count ->
    [one] 1 device does not satisfy policy.
   *[other] { $count } devices do not satisfy policy.
}
policies-stopping-list = Show them
policies-judging = Devices are being judged by the last change: { $done } of { $of } people so far. Look again in a moment.
policy-whose = Whose
policy-for-group = Group
metadata-title = FIDO metadata
metadata-in-use = Edition { $serial } with { $models } models, imported { $when }.
metadata-overdue = The next edition was due already. Update it with keyward metadata update.
metadata-none = None is loaded. Names of models come from a built-in list, and no model can be verified. Load it with keyward metadata import or keyward metadata update.

## console/policy.html
policy-wrong = { $text } cannot be read. Correct it and save again.
policy-draft-text = Nothing changes for anybody before the draft is switched on. See first what it would do.
policy-try = See what it would do
policy-discard = Discard draft
policy-save-hint = Saving makes a draft. It holds for nobody until you switch it on.
policy-remove-text = Nothing of it holds any more, for anybody, from now on.
policy-remove = Withdraw policy

## console/remove-group.html
group-remove-members = { $count ->
    [0] Nobody belongs to it.
    [one] 1 person leaves it.
   *[other] { $count } people leave it.
}
group-remove-policy = Its policy ends.
group-remove-applications = Rules of applications name it. One that names nobody else denies everybody then:

## console/user/policy.html
user-policy = Policy
user-policy-says = asked for by
user-policy-none = No policy concerns this user.

## parts/device.html
device-stopped = Stopped by policy
device-stopping = Stops by policy

## parts/policy-advice.html
account-devices-stopped = { $count ->
    [one] Your organisation no longer accepts one of your devices, and it does not work any more.
   *[other] Your organisation no longer accepts { $count } of your devices, and they do not work any more.
}
account-enrol-before-group = Your organisation asks the group { $group } for a second step at sign-in. Add a device: { $when } nothing else opens without one.
account-enrol-before = Your organisation asks everybody for a second step at sign-in. Add a device: { $when } nothing else opens without one.
account-devices-stopping = { $count ->
    [one] Your organisation no longer accepts one of your devices. It stops working { $when }. Add another one before then.
   *[other] Your organisation no longer accepts { $count } of your devices. The first stops working { $when }. Add another one before then.
}
account-too-few-devices-group = { $count ->
    [one] Your organisation asks the group { $group } to have a device.
   *[other] Your organisation asks the group { $group } to have { $count } devices, for the day on which one is lost.
}
account-too-few-devices = { $count ->
    [one] Your organisation asks you to have a device.
   *[other] Your organisation asks you to have { $count } devices, for the day on which one is lost.
}

## parts/rule-field.html
policy-unsaid = Not said
